/** Where the built-in issuer gives out tokens. */
export const TOKEN_ENDPOINT = '/oauth/token';

/** An error of the token endpoint, in the form of RFC 6749, section 5.2. */
export class OAuthError extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    readonly description: string,
  ) {
    super(`${error}: ${description}`);
    this.name = 'OAuthError';
  }

  /** For what was refused before the endpoint saw it, or went wrong in it. */
  static ofStatus(status: number, description: string): OAuthError {
    const error = status >= 500 ? 'server_error' : status === 429 ? 'too_many_requests' : 'invalid_request';
    return new OAuthError(status, error, description);
  }

  get body(): { error: string; error_description: string } {
    return { error: this.error, error_description: this.description };
  }

  get headers(): Record<string, string> {
    const common = { 'cache-control': 'no-store' };
    return this.status === 401 ? { ...common, 'www-authenticate': 'Basic realm="oauth/token"' } : common;
  }
}
