import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generate } from 'selfsigned';
import { withProcessLock } from './process-lock.js';

const VALID_DAYS = 365;
const RENEW_DAYS_BEFORE = 30;
const DAY_MS = 86_400_000;

/**
 * Returns a certificate for localhost, and creates it when `folder` has none or it expires soon. Clients trust its authority
 * (`ca.pem`), whose key is not kept, so that nobody can create another certificate of it.
 *
 * @returns paths in `folder`
 */
export async function developmentCertificate(folder: string): Promise<{ certFile: string; keyFile: string }> {
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  await mkdir(dirname(folder), { recursive: true });
  await withProcessLock(`${folder}.lock`, async () => {
    const present = await readFile(files.certFile).catch(() => undefined);
    const isGood =
      present && Date.parse(new X509Certificate(present).validTo) - Date.now() > RENEW_DAYS_BEFORE * DAY_MS;
    if (!isGood) await makeCertificate(folder);
  });
  return files;
}

async function makeCertificate(folder: string): Promise<void> {
  const notBeforeDate = new Date();
  const notAfterDate = new Date(notBeforeDate.getTime() + VALID_DAYS * DAY_MS);
  const common = { keyType: 'ec', algorithm: 'sha256', notBeforeDate, notAfterDate } as const;
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
