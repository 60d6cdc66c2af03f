// Loaded before everything else, and by versions of Node.js that could not parse the rest: no newer syntax here.

/** The same as `engines` in package.json. */
export const OLDEST_NODE = '20.19.0';

/** Returns a line that says why this version of Node.js cannot run the service, or undefined when it can. */
export function refusalOfNode(version: string): string | undefined {
  const [major, minor] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE.split('.').map(Number);
  if (major! > oldestMajor! || (major === oldestMajor && minor! >= oldestMinor!)) return undefined;
  return 'Vestibule needs Node.js ' + OLDEST_NODE + ' or newer, best 24; this is ' + version + '.';
}
