/** Where Vestibule is, and the credentials of a machine client that has the scope `evaluate:logins`. */
export interface VestibuleOptions {
  /** Without a slash at its end. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface OrganizationName {
  readonly id: string;
  readonly name: string;
}

export interface Organization extends OrganizationName {
  readonly display_name?: string;
  readonly branding?: {
    readonly logo_url?: string | null;
    readonly colors?: { readonly primary: string; readonly page_background: string };
  };
}

export interface Connection {
  readonly id: string;
  readonly name: string;
  readonly display_name?: string;
  readonly strategy: string;
  readonly kind: 'enterprise' | 'social' | 'database' | 'passwordless';
}

export interface Prompt {
  readonly organization: Organization;
  readonly connections: readonly Connection[];
  readonly signup: { readonly connection_id: string } | null;
  /** Why there are no connections, when some are enabled. */
  readonly reason?: string;
}

export type Discovery =
  | { readonly next: 'connection'; readonly organization: OrganizationName; readonly connection: Connection }
  | { readonly next: 'choose_organization'; readonly organizations: readonly OrganizationName[] }
  | { readonly next: 'prompt'; readonly organization: OrganizationName | null };

export type Intent = 'login' | 'signup';

export interface DecisionRequest {
  readonly organization: string;
  readonly connection: string;
  readonly user: { readonly email: string; readonly email_verified: boolean; readonly name?: string };
  readonly intent: Intent;
}

export interface Decision {
  readonly decision: 'allow' | 'deny';
  readonly reason: string;
  readonly membership: string;
  readonly organization: OrganizationName | null;
  readonly user_id: string | null;
  readonly trace: readonly { readonly check: string; readonly result: string; readonly detail?: string }[];
}

/** Vestibule did not answer the question. Nobody comes in on it. */
export class VestibuleError extends Error {
  constructor(
    message: string,
    /** Of its answer; undefined: there was none. */
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'VestibuleError';
  }
}

const TIMEOUT_MS = 5_000;
/** A token that ends while a request is under way would be refused. */
const RENEW_MS_BEFORE = 60_000;

interface Token {
  readonly text: string;
  readonly renewAt: number;
}

/** What a login page asks Vestibule, over HTTP. Every method fails with a {@link VestibuleError} alone. */
export class Vestibule {
  private token?: Token;
  /** Shared by all that wait for it. */
  private renewal?: Promise<Token>;

  constructor(private readonly options: VestibuleOptions) {}

  /** What to show. @param organization an id or name */
  prompt(organization: string): Promise<Prompt> {
    return this.ask('GET', `/login/organizations/${encodeURIComponent(organization)}`);
  }

  /** Where to go. @param organization an id or name; undefined: by the domain of the address */
  discover(email: string, organization?: string): Promise<Discovery> {
    return this.ask('POST', '/login/discover', { email, organization });
  }

  /** Who may come in. Only an answer that says `allow` lets anybody in. */
  decide(request: DecisionRequest): Promise<Decision> {
    return this.ask('POST', '/login/decisions', request);
  }

  private async ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const send = (token: string) =>
      reach(`${this.options.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        body: body && JSON.stringify(body),
      });
    const token = await this.accessToken();
    let response = await send(token);
    if (response.status === 401) {
      await response.body?.cancel();
      // The key that signed it may have been withdrawn.
      response = await send(await this.accessToken(token));
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new VestibuleError(`${method} ${path} was answered with ${response.status}`, response.status);
    }
    return json<Answer>(response);
  }

  /** @param refused a token that is no good any more */
  private async accessToken(refused?: string): Promise<string> {
    const { token } = this;
    if (token && token.text !== refused && Date.now() < token.renewAt) return token.text;
    this.renewal ??= this.requestToken().finally(() => (this.renewal = undefined));
    this.token = await this.renewal;
    return this.token.text;
  }

  /** The client credentials grant. */
  private async requestToken(): Promise<Token> {
    const { url, clientId, clientSecret } = this.options;
    const response = await reach(`${url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      }),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new VestibuleError(`A token was asked for, and answered with ${response.status}`);
    }
    const { access_token: text, expires_in: seconds } = await json<{ access_token: string; expires_in: number }>(
      response,
    );
    return { text, renewAt: Date.now() + seconds * 1000 - RENEW_MS_BEFORE };
  }
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw new VestibuleError('Vestibule cannot be reached', undefined, { cause: error });
  }
}

async function json<Body>(response: Response): Promise<Body> {
  try {
    return (await response.json()) as Body;
  } catch (error) {
    throw new VestibuleError('An answer of Vestibule cannot be read', undefined, { cause: error });
  }
}
