import { isSecret } from '../../encryption/secret-names.js';

type Path = readonly (string | number)[];

/** A secret: its path in the options, its placeholder there, and its value. */
export type OptionSecret = readonly [path: Path, placeholder: string, value: unknown];

/** A text that no provider issues as a secret. */
const PLACEHOLDER = /^encrypted:[\w-]{16}$/;

const isPlaceholder = (name: string, value: unknown): value is string =>
  typeof value === 'string' && PLACEHOLDER.test(value) && isSecret(name, value);

/**
 * Replaces the secrets in options with placeholders. Keeps all fields and their order.
 *
 * @param fingerprint returns 16 letters or digits that differ for another secret, so that its change is noticed
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
 * Replaces placeholders with their secrets.
 *
 * @returns undefined when the secret of a placeholder is missing or is another one
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

/** The path of the first placeholder, or undefined when the options have none. */
export function placeholderIn(options: object): Path | undefined {
  let found: Path | undefined;
  replaceFields(options, (name, value, path) => {
    if (isPlaceholder(name, value)) found ??= path;
    return undefined;
  });
  return found;
}

type Replace = (name: string, value: unknown, path: Path) => { value: unknown } | undefined;

/** @param replace returns the new value of a field, or undefined to keep the field and visit the fields in it */
function replaceFields(whole: object, replace: Replace): object {
  const inside = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((item: unknown, index) => inside(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    // Object.fromEntries, unlike assignment, can set a field named `__proto__`.
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
