import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Actor } from '../actor.js';
import type { MachineClient } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { randomText } from '../identifiers.js';

/** Clients are made and changed by the command line alone. */
const ACTOR = new Actor({ subject: 'vestibule client' });

const CLIENT_ID_LENGTH = 32;
const NO_HASH = '0'.repeat(64);
const SECRET_BYTES = 32;

/** An expired client has shown its secret; a refused caller has not, and is not told whether there is such a client. */
export type Authentication =
  | { readonly outcome: 'authenticated'; readonly client: MachineClient }
  | { readonly outcome: 'expired' }
  | { readonly outcome: 'refused' };

/** Machines that may ask the built-in issuer for tokens. */
@Injectable()
export class MachineClientsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * @param expiresAt never when absent
   * @returns the client, and its secret, which cannot be had again
   */
  async create(
    name: string,
    scopes: readonly string[],
    expiresAt?: Date,
  ): Promise<{ client: MachineClient; secret: string }> {
    const secret = newSecret();
    const clientId = randomText(CLIENT_ID_LENGTH);
    const data = { clientId, name, scopes: [...scopes], secretHash: hash(secret), expiresAt };
    const client = await this.prisma.write(ACTOR, ({ machineClient }) => machineClient.create({ data }));
    return { client, secret };
  }

  /**
   * Gives the client a new secret. One that was before the present one ends at once.
   *
   * @param keepUntil how long the present one stays good; it ends at once when absent
   * @returns the new secret, which cannot be had again, or undefined when there is no such client
   */
  async rotateSecret(clientId: string, keepUntil?: Date): Promise<string | undefined> {
    const secret = newSecret();
    const until = keepUntil ?? null;
    // In one statement, so that of two at once the later one keeps the secret that the earlier one has given.
    const changed = await this.prisma.write(
      ACTOR,
      (transaction) => transaction.$executeRaw`
      UPDATE machine_clients SET secret_hash = ${hash(secret)},
             previous_secret_hash = CASE WHEN ${until}::timestamptz IS NULL THEN NULL ELSE secret_hash END,
             previous_secret_expires_at = ${until}
       WHERE client_id = ${clientId}`,
    );
    return changed === 0 ? undefined : secret;
  }

  /** Oldest first. */
  list(): Promise<MachineClient[]> {
    return this.prisma.client.machineClient.findMany({ orderBy: [{ createdAt: 'asc' }, { clientId: 'asc' }] });
  }

  /** Tokens it already has stay good until they expire. @returns whether there was such a client */
  async remove(clientId: string): Promise<boolean> {
    const { count } = await this.prisma.write(ACTOR, ({ machineClient }) =>
      machineClient.deleteMany({ where: { clientId } }),
    );
    return count > 0;
  }

  /** An unknown client takes as long as a wrong secret, and one secret as long as two. */
  async authenticate(clientId: string, secret: string): Promise<Authentication> {
    const client = await this.prisma.client.machineClient.findUnique({ where: { clientId } });
    const given = hash(secret);
    const isPresent = isSame(given, client?.secretHash);
    const isPrevious = isSame(given, client?.previousSecretHash);
    if (!client || !(isPresent || (isPrevious && isAhead(client.previousSecretExpiresAt))))
      return { outcome: 'refused' };
    if (client.expiresAt && !isAhead(client.expiresAt)) return { outcome: 'expired' };
    return { outcome: 'authenticated', client };
  }
}

const newSecret = () => randomBytes(SECRET_BYTES).toString('base64url');

/** In constant time, also where there is nothing to compare with: no secret has that hash. */
const isSame = (given: string, stored: string | null = null) =>
  timingSafeEqual(Buffer.from(given, 'hex'), Buffer.from(stored ?? NO_HASH, 'hex'));

const isAhead = (time: Date | null) => time !== null && time.getTime() > Date.now();

const hash = (secret: string) => createHash('sha256').update(secret).digest('hex');
