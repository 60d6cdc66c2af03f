import { Resolver } from 'node:dns/promises';

const TIMEOUT_MS = 2_000;
const TRIES = 2;

/** The TXT records of a name, each in its pieces; empty when there are none or nobody can say in time. */
export type LookUpTxt = (name: string) => Promise<readonly (readonly string[])[]>;

/** Injection token: a function has no class of its own. */
export const LOOK_UP_TXT = Symbol('LookUpTxt');

/** Asks the name servers of the system. */
export const lookUpTxtOverDns: LookUpTxt = async (name) => {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  // Whatever the reason, there is no proof; the caller may ask again.
  return resolver.resolveTxt(name).catch(() => []);
};
