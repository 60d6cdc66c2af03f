import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStateFile } from './state-file.js';

describe('readStateFile', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vestibule-state-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const read = async (content: string) => {
    const file = join(folder, 'file.yaml');
    await writeFile(file, content);
    return readStateFile(file);
  };

  it('reads YAML and JSON, and leaves omitted fields undefined', async () => {
    const expected = [
      {
        name: 'acme',
        profile: { displayName: 'Acme', branding: undefined, metadata: { plan: 'gold' } },
        connections: [{ name: 'okta', settings: expect.objectContaining({ showAsButton: false }) as object }],
      },
      { name: 'globex', profile: {}, connections: undefined },
    ];
    const yaml = `
organizations:
  - name: acme
    display_name: Acme
    metadata: { plan: gold }
    connections:
      - { name: okta, show_as_button: false }
  - name: globex
`;
    const json = {
      organizations: [
        {
          name: 'acme',
          display_name: 'Acme',
          metadata: { plan: 'gold' },
          connections: [{ name: 'okta', show_as_button: false }],
        },
        { name: 'globex' },
      ],
    };
    expect(await read(yaml)).toEqual(expected);
    expect(await read(JSON.stringify(json))).toEqual(expected);
    expect(await read('organizations: []')).toEqual([]);
  });

  it.each<[content: string, problem: string]>([
    ['organizations: [', ''],
    ['organization: []', 'expected only organizations:, not organization'],
    ['organizations:', 'expected organizations: with a list'],
    ['organizations: [{}]', "organizations[0]: 'Missing required property: name'"],
    ['organizations: [1]', "organizations[0]: 'Expected type object but found type integer'"],
    [
      'organizations: [{name: a, connections: [{name: b, show_as_button: 1}]}]',
      "organizations[0]: 'Expected type boolean but found type integer' on property connections.0.show_as_button",
    ],
    ['organizations: [{name: a, conections: []}]', "organizations[0]: 'Additional properties not allowed: conections'"],
    ['organizations: [{name: a}, {name: b}, {name: a}]', 'organizations[2]: a is organizations[0] already'],
  ])('refuses in one line: %s', async (content, problem) => {
    const { name, message } = await read(content).then(
      () => new Error('was read'),
      (error: Error) => error,
    );
    expect(name).toBe('StateFileError');
    expect(message.startsWith(`${join(folder, 'file.yaml')}: ${problem}`)).toBe(true);
    expect(message).not.toContain('\n');
  });
});
