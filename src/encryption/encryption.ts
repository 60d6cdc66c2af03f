import { createHmac, hkdfSync, webcrypto } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import type { KeyRing } from '../config/key-ring.js';

export interface Encrypted {
  readonly jwe: string;
  readonly keyId: string;
}

const FINGERPRINT_LENGTH = 16;

/** Encrypts secrets for the database, as JWE with AES-256-GCM. */
export class Encryption {
  /** Imported once, because jose would import the key for each text, which takes longer than the encryption. */
  private readonly keys: ReadonlyMap<string, Promise<webcrypto.CryptoKey>>;
  private readonly fingerprintKey: Uint8Array;

  constructor(private readonly ring: KeyRing) {
    this.keys = new Map(ring.map(({ id, bytes }) => [id, imported(bytes)]));
    this.fingerprintKey = new Uint8Array(hkdfSync('sha256', ring[0].bytes, '', 'vestibule fingerprint', 32));
  }

  /** The id of the key that encrypts. */
  get keyId(): string {
    return this.ring[0].id;
  }

  /** The ids of all keys that decrypt, beginning with the one that encrypts. */
  get keyIds(): readonly string[] {
    return [...this.keys.keys()];
  }

  async encrypt(text: string): Promise<Encrypted> {
    const { keyId } = this;
    const jwe = await new CompactEncrypt(new TextEncoder().encode(text))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: keyId })
      .encrypt(await this.keys.get(keyId)!);
    return { jwe, keyId };
  }

  /** @throws Error when the key is missing or the text was tampered with */
  async decrypt(jwe: string): Promise<string> {
    const { kid = '' } = decodeProtectedHeader(jwe);
    const key = this.keys.get(kid);
    if (key === undefined) throw new Error(`Encrypted with the key ${kid}, which this server does not have`);
    const { plaintext } = await compactDecrypt(jwe, await key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return new TextDecoder().decode(plaintext);
  }

  /** A keyed hash: equal for equal texts and the same key, and useless for guessing the text without the key. */
  fingerprint(text: string): string {
    return createHmac('sha256', this.fingerprintKey).update(text).digest('base64url').slice(0, FINGERPRINT_LENGTH);
  }
}

const imported = (bytes: Uint8Array): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
