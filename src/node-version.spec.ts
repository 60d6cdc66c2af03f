import { readFileSync } from 'node:fs';
import { OLDEST_NODE, refusalOfNode } from './node-version.js';

describe('refusalOfNode', () => {
  it.each(['20.19.0', '20.20.1', '22.0.0', '24.22.0', '100.0.0', '24.0.0-nightly20250101'])(
    'lets %s run',
    (version) => {
      expect(refusalOfNode(version)).toBeUndefined();
    },
  );

  it.each(['20.18.3', '20.9.0', '18.20.8', '8.17.0', '0.12.18'])('refuses %s in one line', (version) => {
    expect(refusalOfNode(version)).toBe(`Vestibule needs Node.js 20.19.0 or newer, best 24; this is ${version}.`);
  });

  it('refuses what package.json says is too old', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
    expect(`>=${OLDEST_NODE}`).toBe(`${engines.node}.0`);
  });
});
