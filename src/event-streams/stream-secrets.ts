import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Encryption } from '../encryption/encryption.js';

/** The secrets that a stream shares with its destination. */
export interface StreamSecrets {
  /** In the format of Standard Webhooks: `whsec_` and base64. */
  readonly signingSecret: string;
  /** The previous secret; events are signed with both until this time (RFC 3339). */
  readonly previous?: { readonly signingSecret: string; readonly until: string };
  /** The password of basic authorization, or the bearer token. */
  readonly credential: string;
}

/** Encrypts the secrets of a stream for the column `secrets`. */
@Injectable()
export class StreamSecretsSeal {
  constructor(private readonly encryption: Encryption) {}

  async seal(secrets: StreamSecrets): Promise<{ secrets: string; keyId: string }> {
    const { jwe, keyId } = await this.encryption.encrypt(JSON.stringify(secrets));
    return { secrets: jwe, keyId };
  }

  async open(sealed: string): Promise<StreamSecrets> {
    return JSON.parse(await this.encryption.decrypt(sealed)) as StreamSecrets;
  }
}

const SECRET_BYTES = 32;

export const newSigningSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
