import type { JSONWebKeySet } from 'jose';

const TIMEOUT_MS = 5_000;
/** Far more than any issuer has keys, and nothing that could fill the memory. */
const MAX_BYTES = 1024 * 1024;

/**
 * Fetches the keys of an external issuer. A redirect is refused, because it could lead anywhere. Whether the JSON is a
 * key set is left to whoever reads it.
 *
 * @throws Error that says what was wrong
 */
export async function fetchJwks(url: string): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'error', signal });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const text = await readBounded(response);
  try {
    return JSON.parse(text) as JSONWebKeySet;
  } catch {
    throw new Error(`${url} answered with something that is no JSON`);
  }
}

async function readBounded({ body, url }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop by an error closes the connection too.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`${url} answered with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
