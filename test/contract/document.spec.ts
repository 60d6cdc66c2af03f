import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { APPLICATION_SCOPES, SCOPES } from '../../src/auth/scopes.js';
import { paths } from '../../src/paths.js';
import type { Document } from '../../scripts/contract-check/openapi.js';

describe('the published OpenAPI document', () => {
  const text = readFileSync(paths.openapi, 'utf8');
  const operations = Object.values((JSON.parse(text) as Document).paths).flatMap((path) => Object.values(path));

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(text) as Record<string, unknown>)).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('names for every operation the scopes that open it, and every scope but those of applications', () => {
    const alternatives = operations.map(({ security = [] }) => security.map(({ bearer }) => bearer));
    for (const scopes of alternatives) expect(scopes).not.toEqual([]);
    const unpublished: readonly string[] = APPLICATION_SCOPES;
    expect(new Set(alternatives.flat(2))).toEqual(new Set(SCOPES.filter((scope) => !unpublished.includes(scope))));
  });
});
