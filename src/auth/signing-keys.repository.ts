import { Inject, Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, type JSONWebKeySet } from 'jose';
import { DATABASE, type Database, type SigningKey } from '../database/database.js';

const ALGORITHM = 'RS256';
/** Any number that no other lock of this database uses. */
const FIRST_KEY_LOCK = 5_119_204_117n;

/** The keys of the built-in issuer. They live in the database, so that all replicas sign and check alike. */
@Injectable()
export class SigningKeysRepository {
  private readonly listeners: (() => Promise<void>)[] = [];

  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** The listener is waited for, so that whoever checks tokens knows the key before it signs the first. */
  whenMade(listener: () => Promise<void>): void {
    this.listeners.push(listener);
  }

  /** The key to sign with: the newest that is not withdrawn, made when there is none yet. */
  async current(): Promise<{ kid: string; algorithm: string; key: Awaited<ReturnType<typeof importJWK>> }> {
    const { kid, algorithm, privateJwk } = (await this.newest()) ?? (await this.makeFirst());
    return { kid, algorithm, key: await importJWK(privateJwk as JWK, algorithm) };
  }

  /** What `/.well-known/jwks.json` publishes: public halves of the keys that are not withdrawn. */
  async publicKeys(): Promise<JSONWebKeySet> {
    const rows = await this.database.signingKey.findMany({
      where: { withdrawnAt: null },
      orderBy: { createdAt: 'desc' },
    });
    return { keys: rows.map(publicHalf) };
  }

  private newest(): Promise<SigningKey | null> {
    return this.database.signingKey.findFirst({ where: { withdrawnAt: null }, orderBy: { createdAt: 'desc' } });
  }

  /** Of several replicas at their first start, one makes the key and the others find it. */
  private async makeFirst(): Promise<SigningKey> {
    const made = await makeKey();
    const first = await this.database.$transaction(async (transaction) => {
      await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${FIRST_KEY_LOCK})`;
      const present = await transaction.signingKey.findFirst({
        where: { withdrawnAt: null },
        orderBy: { createdAt: 'desc' },
      });
      return present ?? transaction.signingKey.create({ data: made });
    });
    await Promise.all(this.listeners.map((listener) => listener()));
    return first;
  }
}

async function makeKey(): Promise<{ kid: string; algorithm: string; privateJwk: object }> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const privateJwk = await exportJWK(privateKey);
  return { kid: await calculateJwkThumbprint(privateJwk), algorithm: ALGORITHM, privateJwk };
}

/** Named field by field, so that no private part can slip through. */
function publicHalf({ kid, algorithm, privateJwk }: SigningKey): JWK {
  const { kty, n, e } = privateJwk as JWK;
  return { kty, n, e, kid, alg: algorithm, use: 'sig' };
}
