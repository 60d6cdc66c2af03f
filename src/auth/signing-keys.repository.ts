import { Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, type JSONWebKeySet } from 'jose';
import { Actor } from '../actor.js';
import type { Client, Prisma, SigningKey } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { Encryption } from '../encryption/encryption.js';
import { signingKeyOf, signsFrom } from './signing-key.js';

const ALGORITHM = 'RS256';
/** An advisory lock; the number is arbitrary but unique in this database. */
const FIRST_KEY_LOCK = 5_119_204_117n;
/** Required by `write`, but never recorded: the history does not include signing keys. */
const ACTOR = new Actor({ subject: 'vestibule keys' });

/** The keys of the built-in issuer, which all replicas share. */
@Injectable()
export class SigningKeysRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly encryption: Encryption,
  ) {}

  /** The key to sign with, created when none exists. */
  async current(): Promise<{ kid: string; algorithm: string; key: Awaited<ReturnType<typeof importJWK>> }> {
    const row = signingKeyOf(await this.published(), new Date()) ?? (await this.createFirst());
    const { kid, algorithm } = row;
    return { kid, algorithm, key: await importJWK(await this.privateJwk(row), algorithm) };
  }

  /** The content of `/.well-known/jwks.json`: the public keys that are not withdrawn. */
  async publicKeys(): Promise<JSONWebKeySet> {
    return { keys: (await this.published()).map(publishedKey) };
  }

  /** Creates a new key; the others stay published. The very first key signs at once. */
  async rotate(): Promise<{ kid: string; signsFrom: Date }> {
    if ((await this.published()).length === 0) {
      const { kid, createdAt } = await this.createFirst();
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

  /** Creates the first key, unless a concurrent process already has. */
  private async createFirst(): Promise<SigningKey> {
    const made = await this.makeKey();
    return this.prisma.write(ACTOR, async (transaction) => {
      await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${FIRST_KEY_LOCK})`;
      const present = await this.published(transaction);
      return signingKeyOf(present, new Date()) ?? transaction.signingKey.create({ data: made });
    });
  }

  private async makeKey(): Promise<Prisma.SigningKeyUncheckedCreateInput> {
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const jwk = await exportJWK(privateKey);
    const { jwe: privateJwe, keyId } = await this.encryption.encrypt(JSON.stringify(jwk));
    const privateJwk = publicHalf(jwk) as Prisma.InputJsonObject;
    return { kid: await calculateJwkThumbprint(jwk), algorithm: ALGORITHM, privateJwk, privateJwe, keyId };
  }

  private async privateJwk({ privateJwk, privateJwe }: SigningKey): Promise<JWK> {
    return (privateJwe === null ? privateJwk : JSON.parse(await this.encryption.decrypt(privateJwe))) as JWK;
  }
}

/** Lists the public fields, so that no private one is published. */
const publicHalf = ({ kty, n, e }: JWK): JWK => ({ kty, n, e });

const publishedKey = ({ kid, algorithm, privateJwk }: SigningKey): JWK => ({
  ...publicHalf(privateJwk as JWK),
  kid,
  alg: algorithm,
  use: 'sig',
});
