import { Resolver } from 'node:dns/promises';

const TIMEOUT_MS = 1_500;
const TRIES = 2;

/** Returns the TXT records of a name, each in pieces. Returns an empty list when there are none or no server answers. */
export type LookUpTxt = (name: string) => Promise<readonly (readonly string[])[]>;

/** Injection token of {@link LookUpTxt}. */
export const LOOK_UP_TXT = Symbol('LookUpTxt');

/** @param servers addresses of name servers; by default those of the system */
export const lookUpTxtOverDns =
  (servers?: readonly string[]): LookUpTxt =>
  async (name) => {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    if (servers) resolver.setServers(servers);
    // Without an answer there is no proof. The caller may try again.
    return resolver.resolveTxt(name).catch(() => []);
  };
