import { Injectable } from '@nestjs/common';
import { Encryption, type Encrypted } from '../encryption/encryption.js';
import { withoutSecrets, withSecrets, type OptionSecret } from './domain/option-secrets.js';

export interface KeptOptions {
  /** With a placeholder where a secret is. */
  readonly options: object;
  /** Undefined: there are none. */
  readonly secrets?: Encrypted;
}

/** Options as they are sent and shown, and as two tables keep them. */
@Injectable()
export class EncryptedOptions {
  constructor(private readonly encryption: Encryption) {}

  async keep(connectionId: string, sent: object): Promise<KeptOptions> {
    // Of the connection too, so that two that have the same secret cannot be told.
    const { options, secrets } = withoutSecrets(sent, (text) => this.encryption.fingerprint(`${connectionId} ${text}`));
    if (secrets.length === 0) return { options };
    return { options, secrets: await this.encryption.encrypt(JSON.stringify(secrets)) };
  }

  async show(options: object, secrets: Pick<Encrypted, 'jwe'> | null): Promise<object> {
    const text = secrets === null ? '[]' : await this.encryption.decrypt(secrets.jwe);
    return withSecrets(options, JSON.parse(text) as OptionSecret[]);
  }
}
