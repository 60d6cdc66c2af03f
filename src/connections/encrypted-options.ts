import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import { Encryption, type Encrypted } from '../encryption/encryption.js';
import { placeholderIn, withoutSecrets, withSecrets, type OptionSecret } from './domain/option-secrets.js';

export interface KeptOptions {
  /** With a placeholder where a secret is. */
  readonly options: object;
  /** Undefined: there are none. */
  readonly secrets?: Encrypted;
}

/** A connection, or as much of it as matters here. */
interface Row {
  readonly id: string;
  readonly options: unknown;
}

/** Whether some of its options are kept in the other table. */
export const hasSecrets = ({ options }: Row) => placeholderIn(options as object) !== undefined;

/** Options as they are sent and shown, and as two tables keep them. */
@Injectable()
export class EncryptedOptions {
  constructor(
    private readonly encryption: Encryption,
    private readonly prisma: PrismaService,
  ) {}

  async keep(connectionId: string, sent: object): Promise<KeptOptions> {
    // Of the connection too, so that two that have the same secret cannot be told.
    const { options, secrets } = withoutSecrets(sent, (text) => this.encryption.fingerprint(`${connectionId} ${text}`));
    if (secrets.length === 0) return { options };
    return { options, secrets: await this.encryption.encrypt(JSON.stringify(secrets)) };
  }

  /**
   * The options of connections as they were sent, in the order of the rows. Secrets are read after the connections, so
   * that those of one that was changed between the two do not fit its placeholders: undefined, and to be read again.
   */
  async show(rows: readonly Row[]): Promise<readonly (object | undefined)[]> {
    const ids = rows.filter(hasSecrets).map(({ id }) => id);
    const where = { connectionId: { in: ids } };
    const found = ids.length === 0 ? [] : await this.prisma.client.connectionSecrets.findMany({ where });
    const secrets = new Map(found.map(({ connectionId, jwe }) => [connectionId, jwe]));
    return Promise.all(rows.map((row) => this.whole(row, secrets.get(row.id))));
  }

  /** The options of one connection with its secrets. @returns undefined: they do not fit */
  async whole({ options }: Row, jwe: string | undefined): Promise<object | undefined> {
    if (jwe === undefined) return withSecrets(options as object, []);
    return withSecrets(options as object, JSON.parse(await this.encryption.decrypt(jwe)) as OptionSecret[]);
  }
}
