import { Inject, Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, type JSONWebKeySet } from 'jose';
import { DATABASE, type Database, type SigningKey } from '../database/database.js';
import { signingKeyOf, signsFrom } from './signing-key.js';

const ALGORITHM = 'RS256';
/** Any number that no other lock of this database uses. */
const FIRST_KEY_LOCK = 5_119_204_117n;

/** The keys of the built-in issuer. They live in the database, so that all replicas sign and check alike. */
@Injectable()
export class SigningKeysRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** The key to sign with, made when there is none. */
  async current(): Promise<{ kid: string; algorithm: string; key: Awaited<ReturnType<typeof importJWK>> }> {
    const { kid, algorithm, privateJwk } =
      signingKeyOf(await this.published(), new Date()) ?? (await this.makeUnlessThere());
    return { kid, algorithm, key: await importJWK(privateJwk as JWK, algorithm) };
  }

  /** What `/.well-known/jwks.json` publishes: public halves of the keys that are not withdrawn. */
  async publicKeys(): Promise<JSONWebKeySet> {
    return { keys: (await this.published()).map(publicHalf) };
  }

  /** Makes the next key beside the present ones, which stay published. The first one of all signs at once. */
  async rotate(): Promise<{ kid: string; signsFrom: Date }> {
    if ((await this.published()).length === 0) {
      const { kid, createdAt } = await this.makeUnlessThere();
      return { kid, signsFrom: createdAt };
    }
    const { kid, createdAt } = await this.database.signingKey.create({ data: await makeKey() });
    return { kid, signsFrom: signsFrom(createdAt) };
  }

  /** Newest first. */
  private published(from: Pick<Database, 'signingKey'> = this.database): Promise<SigningKey[]> {
    return from.signingKey.findMany({
      where: { withdrawnAt: null },
      orderBy: [{ createdAt: 'desc' }, { kid: 'asc' }],
    });
  }

  /** Of several processes that need a first key at once, one makes it and the others find it. */
  private async makeUnlessThere(): Promise<SigningKey> {
    const made = await makeKey();
    return this.database.$transaction(async (transaction) => {
      await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${FIRST_KEY_LOCK})`;
      const present = await this.published(transaction);
      return signingKeyOf(present, new Date()) ?? transaction.signingKey.create({ data: made });
    });
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
