import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TlsConfig } from '../config/config.js';
import type { TlsCredentials } from './adapter.js';

const VALID_DAYS = 365;
const RENEW_DAYS_BEFORE = 30;
const DAY_MS = 86_400_000;

/** The configured certificate, or the development one in `folder`, made when absent or close to its end. */
export async function tlsCredentials({ certificate }: TlsConfig, folder: string): Promise<TlsCredentials> {
  if (certificate) return readPair(certificate.certFile, certificate.keyFile);
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const present = await readPair(files.cert, files.key).catch(() => undefined);
  if (present && daysLeft(present.cert) > RENEW_DAYS_BEFORE) return present;
  await makeDevelopmentCertificate(folder);
  return readPair(files.cert, files.key);
}

async function readPair(certFile: string, keyFile: string): Promise<TlsCredentials> {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  return { cert, key };
}

const daysLeft = (pem: string) => (Date.parse(new X509Certificate(pem).validTo) - Date.now()) / DAY_MS;

/**
 * Makes a certificate for this machine and the authority that clients are told to trust (`ca.pem`). The authority's key
 * is thrown away: nobody can make another certificate that those clients would accept.
 */
async function makeDevelopmentCertificate(folder: string): Promise<void> {
  // Loaded only here: a start that finds a certificate, as every one in production, does without it.
  const { generate } = await import('selfsigned');
  const notBeforeDate = new Date();
  const validity = { notBeforeDate, notAfterDate: new Date(notBeforeDate.getTime() + VALID_DAYS * DAY_MS) };
  const common = { keyType: 'ec', algorithm: 'sha256', ...validity } as const;
  const authority = await generate([{ name: 'commonName', value: 'Vestibule development authority' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });

  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await writeFile(join(unfinished, 'ca.pem'), authority.cert);
  await writeFile(join(unfinished, 'cert.pem'), leaf.cert);
  await writeFile(join(unfinished, 'key.pem'), leaf.private, { mode: 0o600 });
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
}
