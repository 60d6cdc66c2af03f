import { Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, type JSONWebKeySet } from 'jose';
import { Actor } from '../actor.js';
import type { Client, Prisma, SigningKey } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { Encryption } from '../encryption/encryption.js';
import { signingKeyOf, signsFrom } from './signing-key.js';

const ALGORITHM = 'RS256';
/** Any number that no other lock of this database uses. */
const FIRST_KEY_LOCK = 5_119_204_117n;
/** Signing keys are not recorded. */
const ACTOR = new Actor({ subject: 'vestibule keys' });

/** The keys of the built-in issuer. They live in the database, so that all replicas sign and check alike. */
@Injectable()
export class SigningKeysRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly encryption: Encryption,
  ) {}

  /** The key to sign with, made when there is none. */
  async current(): Promise<{ kid: string; algorithm: string; key: Awaited<ReturnType<typeof importJWK>> }> {
    const row = signingKeyOf(await this.published(), new Date()) ?? (await this.makeUnlessThere());
    const { kid, algorithm } = row;
    return { kid, algorithm, key: await importJWK(await this.privateJwk(row), algorithm) };
  }

  /** What `/.well-known/jwks.json` publishes: public halves of the keys that are not withdrawn. */
  async publicKeys(): Promise<JSONWebKeySet> {
    return { keys: (await this.published()).map(publishedKey) };
  }

  /** Makes the next key beside the present ones, which stay published. The first one of all signs at once. */
  async rotate(): Promise<{ kid: string; signsFrom: Date }> {
    if ((await this.published()).length === 0) {
      const { kid, createdAt } = await this.makeUnlessThere();
      return { kid, signsFrom: createdAt };
    }
    const { kid, createdAt } = await this.prisma.client.signingKey.create({ data: await this.makeKey() });
    return { kid, signsFrom: signsFrom(createdAt) };
  }

  /** Newest first. */
  private published(from: Pick<Client, 'signingKey'> = this.prisma.client): Promise<SigningKey[]> {
    return from.signingKey.findMany({
      where: { withdrawnAt: null },
      orderBy: [{ createdAt: 'desc' }, { kid: 'asc' }],
    });
  }

  /** Of several processes that need a first key at once, one makes it and the others find it. */
  private async makeUnlessThere(): Promise<SigningKey> {
    const made = await this.makeKey();
    return this.prisma.write(ACTOR, async (transaction) => {
      await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${FIRST_KEY_LOCK})`;
      const present = await this.published(transaction);
      return signingKeyOf(present, new Date()) ?? transaction.signingKey.create({ data: made });
    });
  }

  private async makeKey(): Promise<Prisma.SigningKeyUncheckedCreateInput> {
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const privateJwk = await exportJWK(privateKey);
    const kid = await calculateJwkThumbprint(privateJwk);
    return { kid, algorithm: ALGORITHM, ...(await encryptedKey(this.encryption, privateJwk)) };
  }

  private async privateJwk({ privateJwk, privateJwe }: SigningKey): Promise<JWK> {
    return (privateJwe === null ? privateJwk : JSON.parse(await this.encryption.decrypt(privateJwe))) as JWK;
  }
}

/** The columns of a stored key. */
async function encryptedKey(encryption: Encryption, privateJwk: JWK) {
  const { jwe, keyId } = await encryption.encrypt(JSON.stringify(privateJwk));
  return { privateJwk: publicHalf(privateJwk) as Prisma.InputJsonObject, privateJwe: jwe, keyId };
}

/** Named field by field, so that no private part can slip through. */
const publicHalf = ({ kty, n, e }: JWK): JWK => ({ kty, n, e });

const publishedKey = ({ kid, algorithm, privateJwk }: SigningKey): JWK => ({
  ...publicHalf(privateJwk as JWK),
  kid,
  alg: algorithm,
  use: 'sig',
});
