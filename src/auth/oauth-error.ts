/** A refusal of the token endpoint, as RFC 6749, section 5.2, names them. */
export class OAuthError extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    readonly description: string,
    /** When to try again, as the header `Retry-After` says. */
    readonly retryAfterSeconds?: number,
  ) {
    super(`${error}: ${description}`);
    this.name = 'OAuthError';
  }
}
