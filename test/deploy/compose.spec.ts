import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { load } from 'js-yaml';
import { ENCRYPTION_KEY } from '../support/encryption.js';
import { loadConfig, VARIABLES } from '../../src/config/config.js';

interface Compose {
  readonly services: { readonly api: Service; readonly database: Service };
}
interface Service {
  readonly build?: { readonly target?: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
}

const LOCAL = 'docker-compose.yml';
const PRODUCTION = 'docker-compose.production.yml';

const textOf = (file: string) => readFileSync(file, 'utf8');
const servicesOf = (file: string) => (load(textOf(file)) as Compose).services;

/** What Compose makes of `${NAME:-default}` and `${NAME:?message}`. @throws Error with the message */
const filledIn = (values: Readonly<Record<string, string>>, given: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value.replace(
        /\$\{(\w+)(?::-([^}]*)|:\?([^}]*))\}/g,
        (_, variable: string, fallback?: string, message?: string) => {
          if (given[variable]) return given[variable];
          if (message !== undefined) throw new Error(message);
          return fallback!;
        },
      ),
    ]),
  );

/** The environment of a service in production: that of both files. */
const inProduction = (service: 'api' | 'database', given: Readonly<Record<string, string>>) =>
  filledIn({ ...servicesOf(LOCAL)[service].environment, ...servicesOf(PRODUCTION)[service].environment }, given);

describe('The files for Docker Compose', () => {
  const schema = JSON.parse(textOf('node_modules/dclint/schemas/compose.schema.json')) as Record<string, unknown>;
  const fits = new Ajv({ strict: false, validateSchema: false, validateFormats: false }).compile(schema);

  it.each([LOCAL, PRODUCTION])('%s fits the Compose Specification', (file) => {
    expect({ fits: fits(load(textOf(file))), errors: fits.errors }).toEqual({ fits: true, errors: null });
  });

  it('are refused with a misspelt field', () => {
    const misspelt = load(textOf(LOCAL)) as { services: { api: Record<string, unknown> } };
    misspelt.services.api['read-only'] = true;
    expect(fits(misspelt)).toBe(false);
  });

  it('set only variables of the service', () => {
    const variables = [LOCAL, PRODUCTION].flatMap((file) => Object.keys(servicesOf(file).api.environment));
    expect(variables.filter((variable) => !VARIABLES.includes(variable))).toEqual([]);
  });

  it('start a local stack without configuration: HTTPS and HTTP on localhost, where the SDKs expect them', () => {
    const { api, database } = servicesOf(LOCAL);
    const config = loadConfig(filledIn(api.environment));
    expect(config).toMatchObject({ production: false, host: '0.0.0.0', port: 3000, tls: { port: 3443 } });
    expect(config.publicUrl).toBe('https://localhost:3443');
    expect(api.ports).toEqual(['127.0.0.1:3000:3000', '127.0.0.1:3443:3443']);
    expect(new URL(config.databaseUrl!).password).toBe(filledIn(database.environment)['POSTGRES_PASSWORD']);
  });

  it('build the image with development tools for the local stack, and without them for production', () => {
    const targets = [LOCAL, PRODUCTION].map((file) => servicesOf(file).api.build?.target);
    expect(targets).toEqual(['development', 'production']);
    for (const target of targets) expect(textOf('Dockerfile')).toMatch(new RegExp(`^FROM .+ AS ${target}$`, 'm'));
  });

  it('require the passwords and the address in production', () => {
    const given = { POSTGRES_PASSWORD: 's3cret', ENCRYPTION_KEY, PUBLIC_URL: 'https://vestibule.example.com' };
    const config = loadConfig(inProduction('api', given));
    expect(config).toMatchObject({ production: true, publicUrl: given.PUBLIC_URL });
    expect(new URL(config.databaseUrl!).password).toBe('s3cret');
    expect(inProduction('database', given)).toMatchObject({ POSTGRES_PASSWORD: 's3cret' });

    for (const service of ['api', 'database'] as const) {
      expect(() => inProduction(service, { ...given, POSTGRES_PASSWORD: '' })).toThrow('set POSTGRES_PASSWORD');
    }
    expect(() => inProduction('api', { ...given, PUBLIC_URL: '' })).toThrow('set PUBLIC_URL');
  });
});
