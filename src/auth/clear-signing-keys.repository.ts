import { Inject, Injectable } from '@nestjs/common';
import type { JWK } from 'jose';
import { DATABASE, type Database } from '../database/database.js';
import { ClearSecrets } from '../encryption/clear-secrets.js';
import { Encryption } from '../encryption/encryption.js';
import { encryptedKey } from './signing-keys.repository.js';

/** Encrypts the signing keys that a server of the version before has made. */
@Injectable()
export class ClearSigningKeysRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly encryption: Encryption,
    clearSecrets: ClearSecrets,
  ) {
    clearSecrets.register(() => this.encryptAll());
  }

  /** Withdrawn ones too: whoever has one can still deceive somebody who has not heard of it. */
  private async encryptAll(): Promise<number> {
    const inTheClear = await this.database.signingKey.findMany({ where: { privateJwe: null } });
    let count = 0;
    for (const { kid, privateJwk } of inTheClear) {
      const data = await encryptedKey(this.encryption, privateJwk as JWK);
      count += (await this.database.signingKey.updateMany({ where: { kid, privateJwe: null }, data })).count;
    }
    return count;
  }
}
