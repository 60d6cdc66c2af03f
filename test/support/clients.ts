import { MachineClientsRepository } from '../../src/auth/machine-clients.repository.js';
import type { TestApp } from './app.js';
import { withPrisma } from './prisma.js';

export interface Credentials {
  client_id: string;
  client_secret: string;
}

/** A machine that the built-in issuer of this server knows. */
export async function createClient(app: TestApp, scopes: string[], expiresAt?: Date): Promise<Credentials> {
  return withClients(app, async (clients) => {
    const { client, secret } = await clients.create('A machine', scopes, expiresAt);
    return { client_id: client.clientId, client_secret: secret };
  });
}

/** What the command line does to clients while the server runs. */
export const withClients = <T>(app: TestApp, work: (clients: MachineClientsRepository) => Promise<T>) =>
  withPrisma(app.databaseUrl, (prisma) => work(new MachineClientsRepository(prisma)));

/** Asks the token endpoint, as if from an address when one is given and the server trusts this machine as a proxy. */
export async function askForToken(app: TestApp, credentials: Credentials, address?: string) {
  const answer = await fetch(`${app.api.origin}/oauth/token`, {
    method: 'POST',
    headers: address === undefined ? {} : { 'x-forwarded-for': address },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...credentials }),
  });
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as { access_token: string; expires_in: number; error?: string },
  };
}
