import { isSecret } from '../../encryption/secret-names.js';

/** Where in the options a secret belongs, what stands in its place there, and what it is. */
export type OptionSecret = readonly [path: readonly (string | number)[], placeholder: string, value: unknown];

const PLACEHOLDER = /^encrypted:[\w-]+$/;

/**
 * Takes the secrets out of options as somebody sent them. What is left has all fields, in their order.
 *
 * @param fingerprint of a secret: another one for another secret, so that whoever sees the placeholders sees a change
 */
export function withoutSecrets(
  options: object,
  fingerprint: (text: string) => string,
): { options: object; secrets: readonly OptionSecret[] } {
  const secrets: OptionSecret[] = [];
  const placed = replaceFields(options, (name, value, path) => {
    if (!isSecret(name, value)) return undefined;
    const placeholder = `encrypted:${fingerprint(JSON.stringify([path, value]))}`;
    secrets.push([path, placeholder, value]);
    return { value: placeholder };
  });
  return { options: placed, secrets };
}

/**
 * Puts the secrets back. A place where something else has come to stand is left as it is: a server of a version before
 * knows no placeholders, and writes what it was sent.
 */
export function withSecrets(options: object, secrets: readonly OptionSecret[]): object {
  if (secrets.length === 0) return options;
  const byPath = new Map(secrets.map(([path, placeholder, value]) => [JSON.stringify(path), { placeholder, value }]));
  return replaceFields(options, (_, found, path) => {
    if (typeof found !== 'string' || !PLACEHOLDER.test(found)) return undefined;
    const secret = byPath.get(JSON.stringify(path));
    return secret?.placeholder === found ? secret : undefined;
  });
}

/** Whether there is a secret in the clear, in options as they are kept. */
export function hasClearSecret(options: object): boolean {
  let has = false;
  replaceFields(options, (name, value) => {
    has ||= isSecret(name, value) && !(typeof value === 'string' && PLACEHOLDER.test(value));
    return undefined;
  });
  return has;
}

type Replace = (name: string, value: unknown, path: readonly (string | number)[]) => { value: unknown } | undefined;

/** @param replace undefined: the field stays, and what is in it is looked at */
function replaceFields(whole: object, replace: Replace): object {
  const inside = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (Array.isArray(value)) return value.map((item: unknown, index) => inside(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    // Not by assignment, so that a field may be called `__proto__` too.
    return Object.fromEntries(
      Object.entries(value).map(([name, field]: [string, unknown]) => {
        const at = [...path, name];
        const replaced = replace(name, field, at);
        return [name, replaced ? replaced.value : inside(field, at)];
      }),
    );
  };
  return inside(whole, []) as object;
}
