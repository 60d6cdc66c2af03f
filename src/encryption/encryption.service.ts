import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppConfig, ConfigError } from '../config/config.js';
import { ENCRYPTED_COLUMNS, type EncryptedColumn } from './encrypted-columns.js';
import { Encryption } from './encryption.js';
import { EncryptionKeysRepository } from './encryption-keys.repository.js';

const BATCH = 200;
const BUSY_MS = 100;

export interface Rotation {
  readonly keyId: string;
  /** The number of rows that were encrypted with another key. */
  readonly reEncrypted: number;
}

/** Prevents the start without the keys that the database uses, and rotates the key while servers are running. */
@Injectable()
export class EncryptionService implements OnModuleInit {
  constructor(
    private readonly config: AppConfig,
    private readonly encryption: Encryption,
    private readonly keys: EncryptionKeysRepository,
  ) {}

  async onModuleInit(): Promise<void> {
    const missing = await this.keys.use();
    if (missing.length === 0) return;
    throw new ConfigError(
      this.config.encryption!.variable,
      `the key ${this.encryption.keyIds.join()}`,
      `the key ${missing.join()} too, with which this database is encrypted`,
    );
  }

  /** Re-encrypts all secrets with the present key, after which no other key is needed. Can be repeated. */
  async rotate(): Promise<Rotation> {
    let reEncrypted = 0;
    do {
      for (const column of ENCRYPTED_COLUMNS) reEncrypted += await this.reEncrypt(column);
    } while (!(await this.keys.removeOthers()));
    return { keyId: this.encryption.keyId, reEncrypted };
  }

  private async reEncrypt(column: EncryptedColumn): Promise<number> {
    for (let all = 0; ;) {
      const { found, encrypted } = await this.keys.reEncrypt(column, BATCH);
      if (found === 0) return all;
      all += encrypted;
      if (encrypted === 0) await delay(BUSY_MS);
    }
  }
}
