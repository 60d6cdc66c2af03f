import { Injectable } from '@nestjs/common';
import type { Connection } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { Encryption, type Encrypted } from '../encryption/encryption.js';
import { placeholderIn, withoutSecrets, withSecrets, type OptionSecret } from './domain/option-secrets.js';

type Row = Pick<Connection, 'id' | 'options'>;

/** Whether the connection has a row in `connection_secrets`. */
export const hasSecrets = ({ options }: Row) => placeholderIn(options as object) !== undefined;

/** Stores the secrets in options encrypted, in `connection_secrets`, and returns the options with them. */
@Injectable()
export class EncryptedOptions {
  constructor(
    private readonly encryption: Encryption,
    private readonly prisma: PrismaService,
  ) {}

  /** Returns the options with placeholders for secrets, and the encrypted secrets unless there are none. */
  async encrypt(connectionId: string, sent: object): Promise<{ options: object; secrets?: Encrypted }> {
    // The hash includes the connection, so that equal secrets of two connections have different placeholders.
    const { options, secrets } = withoutSecrets(sent, (text) => this.encryption.fingerprint(`${connectionId} ${text}`));
    if (secrets.length === 0) return { options };
    return { options, secrets: await this.encryption.encrypt(JSON.stringify(secrets)) };
  }

  /**
   * Returns the options with their secrets, in the order of the rows. Secrets are read after the connections: those of
   * a connection that was changed in between do not match its placeholders, and its result is undefined.
   */
  async decryptAll(rows: readonly Row[]): Promise<readonly (object | undefined)[]> {
    const ids = rows.filter(hasSecrets).map(({ id }) => id);
    const where = { connectionId: { in: ids } };
    const found = ids.length === 0 ? [] : await this.prisma.client.connectionSecrets.findMany({ where });
    const secrets = new Map(found.map(({ connectionId, jwe }) => [connectionId, jwe]));
    return Promise.all(rows.map((row) => this.decrypt(row, secrets.get(row.id))));
  }

  /** Returns the options with their secrets, or undefined when the secrets do not match the placeholders. */
  async decrypt({ options }: Row, jwe: string | undefined): Promise<object | undefined> {
    if (jwe === undefined) return withSecrets(options as object, []);
    return withSecrets(options as object, JSON.parse(await this.encryption.decrypt(jwe)) as OptionSecret[]);
  }
}
