import { BlockList, isIP } from 'node:net';

/** Addresses that are not public, from IANA's registries of special-purpose addresses (RFC 6890). */
const REFUSED_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** Global addresses. IPv4 addresses that are mapped or translated to IPv6 are outside of this block. */
const GLOBAL_V6 = '2000::/3';
/** Tunnels, which contain an IPv4 address, and addresses for documentation. */
const REFUSED_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** Where events may be sent: public addresses over https, and the configured exceptions. */
export class DestinationPolicy {
  private readonly refused = listOf([...REFUSED_V4, ...REFUSED_V6]);
  private readonly global = listOf([GLOBAL_V6]);
  private readonly allowedNames: ReadonlySet<string>;
  private readonly allowedNetworks: BlockList;

  /** @param allow the exceptions: host names, addresses and networks */
  constructor(allow: readonly string[]) {
    const isNetwork = (one: string) => isIP(one.split('/')[0]!) !== 0;
    this.allowedNames = new Set(allow.filter((one) => !isNetwork(one)).map((name) => name.toLowerCase()));
    this.allowedNetworks = listOf(allow.filter(isNetwork));
  }

  /** Returns why the URL is not allowed, or undefined when it is. Does not resolve the host name. */
  problemOf(endpoint: string): string | undefined {
    if (!URL.canParse(endpoint)) return 'it is no URL';
    const url = new URL(endpoint);
    const host = hostOf(url);
    const isException = this.isAllowedName(host) || this.isAllowedAddress(host);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isException)) return 'it must be https';
    if (url.username !== '' || url.password !== '') return 'it must have no user or password';
    if (url.hash !== '') return 'it must have no fragment';
    if (isException) return undefined;
    if (isIP(host) !== 0) return this.mayConnect(host, host) ? undefined : 'its address is not public';
    return /(^|\.)localhost\.?$/i.test(host) ? 'its address is not public' : undefined;
  }

  /** @param host the name that resolved to the address, or the address itself */
  mayConnect(host: string, address: string): boolean {
    return this.isAllowedName(host) || this.isAllowedAddress(address) || this.isPublic(address);
  }

  private isAllowedName(host: string): boolean {
    return this.allowedNames.has(host.toLowerCase());
  }

  private isAllowedAddress(address: string): boolean {
    return isIP(address) !== 0 && this.allowedNetworks.check(address, familyOf(address));
  }

  private isPublic(address: string): boolean {
    const family = familyOf(address);
    if (this.refused.check(address, family)) return false;
    return family === 'ipv4' || this.global.check(address, family);
  }
}

/** The host of a URL, without the brackets of an IPv6 address. */
export const hostOf = ({ hostname }: URL): string => hostname.replaceAll(/^\[|\]$/g, '');

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    if (prefix === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(prefix), familyOf(address));
  }
  return list;
}
