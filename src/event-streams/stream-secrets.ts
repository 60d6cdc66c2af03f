import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';

/** What must be known of a stream by nobody but its destination. */
export interface StreamSecrets {
  /** As Standard Webhooks writes it: `whsec_` and base64. */
  readonly signingSecret: string;
  /** The password of basic authorization, or the token. */
  readonly credential: string;
}

/** How the secrets of a stream are kept: as one text in a column of its own. */
@Injectable()
export class StreamSecretsSeal {
  seal(secrets: StreamSecrets): Promise<string> {
    return Promise.resolve(JSON.stringify(secrets));
  }

  open(sealed: string): Promise<StreamSecrets> {
    return Promise.resolve(JSON.parse(sealed) as StreamSecrets);
  }
}

const SECRET_BYTES = 32;

export const newSigningSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
