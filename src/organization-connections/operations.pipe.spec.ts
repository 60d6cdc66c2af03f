import fc from 'fast-check';
import { conforms } from '../http/validation/conforms.js';
import { RequestValidationPipe } from '../http/validation/validation.pipe.js';
import { OperationDto } from './dto/bulk.dto.js';

const pipe = new RequestValidationPipe();

async function isAccepted(sent: unknown): Promise<boolean> {
  try {
    await pipe.transform(sent, { type: 'body', metatype: OperationDto });
    return true;
  } catch {
    return false;
  }
}

/** Mostly right, so that what is wrong is one thing or none. */
const field = (right: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 8, arbitrary: right }, { weight: 1, arbitrary: fc.jsonValue() });

const anyOperation = fc
  .record(
    {
      op: field(fc.constantFrom('add', 'update', 'remove')),
      organization_id: field(fc.constantFrom('org_0000000000000000', 'a', '', 'a'.repeat(51))),
      organization_name: field(fc.constantFrom('acme', 'a'.repeat(51))),
      connection_id: field(fc.constantFrom('con_0000000000000000', 'con_1')),
      connection_name: field(fc.constantFrom('okta', '', 'a\0')),
      assign_membership_on_login: field(fc.constantFrom(true, false, null)),
      is_enabled: field(fc.constantFrom(true, false, null)),
      organization_access_level: field(fc.constantFrom('none', 'full', 'some', null)),
      organization_connection_name: field(fc.constantFrom('Staff', '', 'a'.repeat(51), 'a\ud83d', null)),
    },
    { requiredKeys: ['op'] },
  )
  .chain((operation) =>
    fc.constantFrom({}, {}, {}, {}, { constructor: 1 }, { enabled: true }).map((more) => ({ ...operation, ...more })),
  );

const right = { op: 'add', organization_name: 'acme', connection_name: 'okta' };

describe('An operation', () => {
  it('conforms when it is right', () => {
    expect(conforms(OperationDto, right)).toBe(true);
    expect(conforms(OperationDto, { ...right, is_enabled: 'true' })).toBe(false);
  });

  it('conforms exactly when the validation accepts it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 9, arbitrary: anyOperation }, { weight: 1, arbitrary: fc.jsonValue() }),
        async (sent) => {
          expect(conforms(OperationDto, sent)).toBe(await isAccepted(sent));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
