import { BlockList, isIP } from 'node:net';

/** Addresses that are not public, by the registries of special-purpose addresses of IANA (RFC 6890). */
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

/** Global addresses are in here; those that carry an address of IPv4 in them, mapped or translated, are not. */
const GLOBAL_V6 = '2000::/3';
/** But for tunnels, which carry one too, and for documentation. */
const REFUSED_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** Where events may be sent: to public addresses over https, and to what is named as an exception. */
export class DestinationPolicy {
  private readonly refused = listOf([...REFUSED_V4, ...REFUSED_V6]);
  private readonly global = listOf([GLOBAL_V6]);
  private readonly allowedNames: ReadonlySet<string>;
  private readonly allowedNetworks: BlockList;

  /** @param allow names of hosts, addresses and networks */
  constructor(allow: readonly string[]) {
    const isNetwork = (one: string) => isIP(one.split('/')[0]!) !== 0;
    this.allowedNames = new Set(allow.filter((one) => !isNetwork(one)).map((name) => name.toLowerCase()));
    this.allowedNetworks = listOf(allow.filter(isNetwork));
  }

  /** Says what is wrong with an endpoint as it is written. Returns undefined when nothing is. */
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

  /** @param host whose address it is */
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

/** Without the brackets of an address of IPv6. */
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
