/** An error of the token endpoint, in the form of RFC 6749, section 5.2. */
export class OAuthError extends Error {
  constructor(
    readonly status: 400 | 401 | 403,
    readonly error: string,
    readonly description: string,
  ) {
    super(`${error}: ${description}`);
    this.name = 'OAuthError';
  }

  get body(): { error: string; error_description: string } {
    return { error: this.error, error_description: this.description };
  }

  get headers(): Record<string, string> {
    return this.status === 401 ? { 'www-authenticate': 'Basic realm="oauth/token"' } : {};
  }
}
