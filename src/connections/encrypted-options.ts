import { Injectable } from '@nestjs/common';
import { ReadConnection } from '../database/read-connection.js';
import { Encryption, type Encrypted } from '../encryption/encryption.js';
import * as statements from './connection-secrets.statements.js';
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

/** Options as they are sent and shown, and as two tables keep them. */
@Injectable()
export class EncryptedOptions {
  constructor(
    private readonly encryption: Encryption,
    private readonly reads: ReadConnection,
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
    const ids = rows.filter(({ options }) => placeholderIn(options as object)).map(({ id }) => id);
    if (ids.length === 0) return rows.map(({ options }) => options as object);
    const secrets = new Map(
      await Promise.all(
        (await statements.find(this.reads, ids)).map(async ({ connectionId, jwe }) => {
          const text = await this.encryption.decrypt(jwe);
          return [connectionId, JSON.parse(text) as OptionSecret[]] as const;
        }),
      ),
    );
    return rows.map(({ id, options }) => withSecrets(options as object, secrets.get(id) ?? []));
  }
}
