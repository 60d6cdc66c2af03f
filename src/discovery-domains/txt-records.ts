import { Resolver } from 'node:dns/promises';

const TIMEOUT_MS = 1_500;
const TRIES = 2;

/** The TXT records of a name, each in its pieces; empty when there are none or no server answers in time. */
export type LookUpTxt = (name: string) => Promise<readonly (readonly string[])[]>;

/** Injection token: a function has no class of its own. */
export const LOOK_UP_TXT = Symbol('LookUpTxt');

/** @param servers addresses of name servers; by default those of the system */
export const lookUpTxtOverDns =
  (servers?: readonly string[]): LookUpTxt =>
  async (name) => {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    if (servers) resolver.setServers(servers);
    // Whatever the reason, there is no proof; the caller may ask again.
    return resolver.resolveTxt(name).catch(() => []);
  };
