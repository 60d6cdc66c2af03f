import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Encryption } from '../encryption/encryption.js';

/** The secrets that a stream shares with its destination alone. */
export interface StreamSecrets {
  /** As Standard Webhooks writes it: `whsec_` and base64. */
  readonly signingSecret: string;
  /** The one before, with which events are signed too for a while. */
  readonly previous?: PreviousSecret;
  /** The password of basic authorization, or the token. */
  readonly credential: string;
}

export interface PreviousSecret {
  readonly signingSecret: string;
  /** As RFC 3339 writes it. */
  readonly until: string;
}

/** Encrypts the secrets of a stream, as one text in a column of its own. */
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
