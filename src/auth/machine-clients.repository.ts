import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Actor } from '../actor.js';
import type { MachineClient } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { randomText } from '../identifiers.js';

/** Clients are created and changed only by the command line. */
const ACTOR = new Actor({ subject: 'vestibule client' });

const CLIENT_ID_LENGTH = 32;
const NO_HASH = '0'.repeat(64);
const SECRET_BYTES = 32;

/** `refused` does not tell whether the client exists; `expired` means that the secret was right. */
export type Authentication =
  | { readonly outcome: 'authenticated'; readonly client: MachineClient }
  | { readonly outcome: 'expired' }
  | { readonly outcome: 'refused' };

/** Clients that may request tokens from the built-in issuer. */
@Injectable()
export class MachineClientsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * @param expiresAt undefined for never
   * @returns the client, and its secret, which is stored only as a hash
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
   * Creates a new secret. Older secrets than the present one become invalid at once.
   *
   * @param keepUntil when the present secret becomes invalid; undefined for at once
   * @returns the new secret, which is stored only as a hash, or undefined when the client does not exist
   */
  async rotateSecret(clientId: string, keepUntil?: Date): Promise<string | undefined> {
    const secret = newSecret();
    const until = keepUntil ?? null;
    // One statement, so that the later of two concurrent rotations keeps the secret that the earlier one created.
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

  /** Tokens already issued stay valid until they expire. Returns whether the client existed. */
  async remove(clientId: string): Promise<boolean> {
    const { count } = await this.prisma.write(ACTOR, ({ machineClient }) =>
      machineClient.deleteMany({ where: { clientId } }),
    );
    return count > 0;
  }

  /** Takes equally long for unknown clients, wrong secrets and previous secrets. */
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

/** Compares in constant time, without a stored hash too: no secret has NO_HASH. */
const isSame = (given: string, stored: string | null = null) =>
  timingSafeEqual(Buffer.from(given, 'hex'), Buffer.from(stored ?? NO_HASH, 'hex'));

const isAhead = (time: Date | null) => time !== null && time.getTime() > Date.now();

const hash = (secret: string) => createHash('sha256').update(secret).digest('hex');
