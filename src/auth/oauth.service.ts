import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { isStorable } from '../http/validation/storable.js';
import type { MachineClient } from '../database/client.js';
import { FailedAttempts, type Attempt } from './failed-attempts.js';
import { MachineClientsRepository, type Authentication } from './machine-clients.repository.js';
import { OAuthError } from './oauth-error.js';
import { splitScopes } from './scopes.js';
import { TokenIssuer } from './token-issuer.js';

export const TOKEN_LIFETIME_SECONDS = 86_400;

const FIELDS: ReadonlySet<string> = new Set(['grant_type', 'client_id', 'client_secret', 'audience', 'scope']);

export interface TokenResponse {
  access_token: string;
  token_type: 'Bearer';
  /** Seconds. */
  expires_in: number;
  scope: string;
}

/** The client credentials grant (RFC 6749, section 4.4). */
@Injectable()
export class OAuthService {
  constructor(
    private readonly config: AppConfig,
    private readonly clients: MachineClientsRepository,
    private readonly attempts: FailedAttempts,
    private readonly issuer: TokenIssuer,
  ) {}

  /**
   * @param body JSON or form fields
   * @param authorization the header of clients that authenticate with Basic
   * @param address the caller's IP address, for counting failures
   * @throws OAuthError
   */
  async createToken(body: unknown, authorization: string | undefined, address: string): Promise<TokenResponse> {
    const fields = textFields(body);
    if (required(fields, 'grant_type') !== 'client_credentials') {
      throw new OAuthError(400, 'unsupported_grant_type', `Unsupported grant type: ${fields.get('grant_type')}`);
    }
    const credentials = basicCredentials(authorization) ?? {
      clientId: required(fields, 'client_id'),
      secret: required(fields, 'client_secret'),
    };
    const client = await this.authenticate(credentials, address);

    const audience = fields.get('audience');
    if (audience !== undefined && !this.config.auth.audiences.includes(audience)) {
      throw new OAuthError(403, 'access_denied', `Service not enabled within domain: ${audience}`);
    }
    const scopes = grantedScopes(client.scopes, fields.get('scope'));
    const lifetimeSeconds = lifetimeFor(client);
    return {
      access_token: await this.issuer.issue({
        subject: `${client.clientId}@clients`,
        scopes,
        lifetimeSeconds,
        audience,
      }),
      token_type: 'Bearer',
      expires_in: lifetimeSeconds,
      scope: scopes.join(' '),
    };
  }

  private async authenticate({ clientId, secret }: Credentials, address: string): Promise<MachineClient> {
    const attempt = this.attempts.attempt(clientId, address);
    this.refuseWhilePaused(attempt);
    const found: Authentication = isStorable(clientId)
      ? await this.clients.authenticate(clientId, secret)
      : { outcome: 'refused' };
    // Checked again, so that concurrent guesses beyond the bound do not learn whether one was right.
    this.refuseWhilePaused(attempt);
    if (found.outcome === 'refused') {
      this.attempts.failed(attempt);
      throw new OAuthError(401, 'access_denied', 'Unauthorized');
    }
    this.attempts.succeeded(attempt);
    if (found.outcome === 'expired') throw new OAuthError(401, 'invalid_client', 'The client has expired');
    return found.client;
  }

  private refuseWhilePaused(attempt: Attempt): void {
    const seconds = this.attempts.pauseSeconds(attempt);
    if (seconds > 0)
      throw new OAuthError(429, 'too_many_requests', 'Too many failed attempts, try again later', seconds);
  }
}

interface Credentials {
  readonly clientId: string;
  readonly secret: string;
}

/** Refuses a repeated or non-text parameter. Ignoring it could issue a token with more scopes or audiences. */
function textFields(body: unknown): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [sent, value] of Object.entries(body ?? {})) {
    const name = sent.replace(/\[.*/s, '');
    if (!FIELDS.has(name)) continue;
    if (name !== sent || typeof value !== 'string' || !isStorable(value)) {
      throw new OAuthError(400, 'invalid_request', `Parameter must be one text: ${name}`);
    }
    fields.set(name, value);
  }
  return fields;
}

function required(fields: Map<string, string>, name: string): string {
  const value = fields.get(name);
  if (!value) throw new OAuthError(400, 'invalid_request', `Missing required parameter: ${name}`);
  return value;
}

/** Returns undefined when the client did not authenticate this way. */
function basicCredentials(header: string | undefined): Credentials | undefined {
  const [, encoded] = /^Basic +(\S+)$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const [, clientId, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return { clientId: formDecode(clientId ?? ''), secret: formDecode(secret ?? '') };
}

/** Client id and secret are form-encoded before they are joined (RFC 6749, section 2.3.1). */
const formDecode = (text: string): string => new URLSearchParams(`v=${text.replaceAll('&', '%26')}`).get('v') ?? '';

/** A token expires no later than its client. */
function lifetimeFor({ expiresAt }: MachineClient): number {
  if (expiresAt === null) return TOKEN_LIFETIME_SECONDS;
  const left = Math.ceil((expiresAt.getTime() - Date.now()) / 1000);
  return Math.min(TOKEN_LIFETIME_SECONDS, Math.max(1, left));
}

/** The requested scopes, or all scopes of the client when none are requested. */
function grantedScopes(allowed: readonly string[], asked: string | undefined): readonly string[] {
  if (asked === undefined || asked === '') return allowed;
  const scopes = splitScopes(asked);
  const refused = scopes.filter((scope) => !allowed.includes(scope));
  if (refused.length > 0)
    throw new OAuthError(400, 'invalid_scope', `Not granted to this client: ${refused.join(' ')}`);
  return scopes;
}
