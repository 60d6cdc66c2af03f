import { normalizeIP } from '@fastify/rate-limit';

/** Returns what a limit counts an address as: an IPv4 address itself, an IPv6 address as its /64, which one customer owns. */
export function networkOf(address: string): string {
  return normalizeIP(address);
}
