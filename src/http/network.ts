import { normalizeIP } from '@fastify/rate-limit';

/** Whom to count an address for: an IPv4 address itself, of IPv6 the /64 that one customer has all addresses of. */
export function networkOf(address: string): string {
  return normalizeIP(address);
}
