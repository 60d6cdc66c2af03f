import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Database, type MachineClient } from '../database/database.js';
import { randomText } from '../identifiers.js';

const CLIENT_ID_LENGTH = 32;
const SECRET_BYTES = 32;

/** Machines that may ask the built-in issuer for tokens. */
@Injectable()
export class MachineClientsRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** @returns the client, and its secret, which cannot be had again */
  async create(name: string, scopes: readonly string[]): Promise<{ client: MachineClient; secret: string }> {
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const client = await this.database.machineClient.create({
      data: { clientId: randomText(CLIENT_ID_LENGTH), name, scopes: [...scopes], secretHash: hash(secret) },
    });
    return { client, secret };
  }

  /** Oldest first. */
  list(): Promise<MachineClient[]> {
    return this.database.machineClient.findMany({ orderBy: [{ createdAt: 'asc' }, { clientId: 'asc' }] });
  }

  /** Tokens it already has stay good until they expire. @returns whether there was such a client */
  async remove(clientId: string): Promise<boolean> {
    const { count } = await this.database.machineClient.deleteMany({ where: { clientId } });
    return count > 0;
  }

  /** The client, if the secret is its own. An unknown client takes as long as a wrong secret. */
  async authenticate(clientId: string, secret: string): Promise<MachineClient | undefined> {
    const client = await this.database.machineClient.findUnique({ where: { clientId } });
    const expected = Buffer.from(client?.secretHash ?? hash(''), 'hex');
    const matches = timingSafeEqual(expected, Buffer.from(hash(secret), 'hex'));
    return matches && client ? client : undefined;
  }
}

const hash = (secret: string) => createHash('sha256').update(secret).digest('hex');
