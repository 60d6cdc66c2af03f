import { isSecret } from '../../encryption/secret-names.js';

type Path = readonly (string | number)[];

/** Where in the options a secret belongs, what stands in its place there, and what it is. */
export type OptionSecret = readonly [path: Path, placeholder: string, value: unknown];

/** What no provider gives as a secret. */
const PLACEHOLDER = /^encrypted:[\w-]{16}$/;

const isPlaceholder = (name: string, value: unknown): value is string =>
  typeof value === 'string' && PLACEHOLDER.test(value) && isSecret(name, value);

/**
 * Takes the secrets out of options as somebody sent them. What is left has all fields, in their order.
 *
 * @param fingerprint of a secret, 16 letters or digits: others for another secret, so that a change of it is seen
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
 * Puts the secrets back. A field without a placeholder is left as it is.
 *
 * @returns undefined: a secret is missing, or another one, and nothing is shown in its place
 */
export function withSecrets(options: object, secrets: readonly OptionSecret[]): object | undefined {
  const byPath = new Map(secrets.map(([path, placeholder, value]) => [JSON.stringify(path), { placeholder, value }]));
  let isWhole = true;
  const whole = replaceFields(options, (name, found, path) => {
    if (!isPlaceholder(name, found)) return undefined;
    const secret = byPath.get(JSON.stringify(path));
    isWhole &&= secret?.placeholder === found;
    return secret;
  });
  return isWhole ? whole : undefined;
}

/** Where somebody sends what only stands for a secret, as in a copy from the database. Undefined: nowhere. */
export function placeholderIn(options: object): Path | undefined {
  let found: Path | undefined;
  replaceFields(options, (name, value, path) => {
    if (isPlaceholder(name, value)) found ??= path;
    return undefined;
  });
  return found;
}

type Replace = (name: string, value: unknown, path: Path) => { value: unknown } | undefined;

/** @param replace undefined: the field stays, and what is in it is looked at */
function replaceFields(whole: object, replace: Replace): object {
  const inside = (value: unknown, path: Path): unknown => {
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
