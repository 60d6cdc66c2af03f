/** Values that differ from run to run, and their placeholders. */
const DIFFERING: readonly (readonly [RegExp, string])[] = [
  [/\b(org|con)_[A-Za-z0-9]{16}\b/g, '$1_0'],
  [/\b(ord|est|evt)_[0-9A-Za-z]{22}\b/g, '$1_0'],
  [/\b[0-9a-f]{24}\b/g, 'user'],
  [/\b[0-9a-f]{32}\b/g, 'txt'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'uuid'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'time'],
  [/"sequence":\d+/g, '"sequence":0'],
  // An entity tag, on a line of its own.
  [/^(W\/)?"[!#-~]+"$/gm, '"tag"'],
];

/** The text without ids, times, sequences and entity tags, so that it can be compared with that of another time. */
export function alike(text: string): string {
  return DIFFERING.reduce((changed, [pattern, stand]) => changed.replaceAll(pattern, stand), text);
}
