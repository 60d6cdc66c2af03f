import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose';
import { SCOPES } from '../../src/auth/scopes.js';

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

/** An external issuer, which publishes its keys over HTTP and signs with any of them. */
export class ExternalIssuer {
  /** How often the keys were asked for. */
  requests = 0;
  /** The answer instead of the keys. */
  answer?: (response: ServerResponse) => void;
  private readonly published = new Map<string, { jwk: JWK; privateKey: PrivateKey }>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ExternalIssuer> {
    const server = createServer();
    const issuer = new ExternalIssuer(server);
    server.on('request', (_, response) => {
      issuer.requests++;
      if (issuer.answer) return issuer.answer(response);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: [...issuer.published.values()].map(({ jwk }) => jwk) }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** Publishes a key, in the place of the one with the same id. */
  async addKey(kid: string, alg = 'ES256'): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    this.published.set(kid, { jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, privateKey });
  }

  /** @returns what signs with it all the same */
  withdrawKey(kid: string): (claims?: JWTPayload) => Promise<string> {
    const { jwk, privateKey } = this.published.get(kid)!;
    this.published.delete(kid);
    return (claims) => this.sign(jwk, privateKey, claims);
  }

  /** By default with every scope, good for an hour. */
  token(kid: string, claims: JWTPayload = {}): Promise<string> {
    const { jwk, privateKey } = this.published.get(kid)!;
    return this.sign(jwk, privateKey, claims);
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private sign({ alg, kid }: JWK, privateKey: PrivateKey, claims: JWTPayload = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ iss: this.url, aud: 'urn:vestibule', exp: now + 3600, scope: SCOPES.join(' '), ...claims })
      .setProtectedHeader({ alg: alg!, kid })
      .sign(privateKey);
  }
}
