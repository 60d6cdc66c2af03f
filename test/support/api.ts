import { expectDocumented } from './openapi.js';

export interface Answer<Body = unknown> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Headers;
}

export interface Write {
  readonly method: string;
  /** Below `/api/v2`, but for one of `/login`. */
  readonly path: string;
  readonly body?: object;
}

/** A client of the Management API. Every answer is checked against the published OpenAPI document. */
export class Api {
  constructor(
    /** Without a path. */
    readonly origin: string,
    /** Sends no authorization header when undefined. */
    readonly token?: string,
  ) {}

  /** The same server with another token, or without one when undefined. */
  as(token: string | undefined): Api {
    return new Api(this.origin, token);
  }

  get<Body = unknown>(path: string): Promise<Answer<Body>> {
    return this.send('GET', path);
  }

  post<Body = unknown>(path: string, body: unknown): Promise<Answer<Body>> {
    return this.send('POST', path, body);
  }

  put<Body = unknown>(path: string, body: unknown): Promise<Answer<Body>> {
    return this.send('PUT', path, body);
  }

  patch<Body = unknown>(path: string, body: unknown): Promise<Answer<Body>> {
    return this.send('PATCH', path, body);
  }

  delete<Body = unknown>(path: string, body?: unknown): Promise<Answer<Body>> {
    return this.send('DELETE', path, body);
  }

  /** With headers of its own. */
  sendWrite<Body = unknown>(write: Write, headers: Record<string, string> = {}, signal?: AbortSignal) {
    const { method, path, body } = write;
    const json = body === undefined ? headers : { 'content-type': 'application/json', ...headers };
    return this.request<Body>(method, path, { headers: json, body: body && JSON.stringify(body), signal });
  }

  private send<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> {
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return this.request(method, path, json);
  }

  /** Any request: `path` is below `/api/v2`, but for one of `/login` and `/access`. */
  async request<Body = unknown>(method: string, path: string, init: RequestInit = {}): Promise<Answer<Body>> {
    const headers = new Headers(init.headers);
    if (this.token !== undefined) headers.set('authorization', `Bearer ${this.token}`);
    const prefix = /^\/(login|access)\//.test(path) ? '' : '/api/v2';
    const response = await fetch(`${this.origin}${prefix}${path}`, { ...init, method, headers });
    const text = await response.text();
    const answer = { status: response.status, body: parse(text) as Body, headers: response.headers };
    expectDocumented(method, path, answer);
    return answer;
  }
}

/** Undefined for no body. */
function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
