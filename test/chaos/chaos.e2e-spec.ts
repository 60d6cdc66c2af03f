import { play, SCENARIOS } from './scenarios.js';

/** What any machine can do, and no other test does; `npm run chaos` does all, for longer, and judges how long it took. */
const CHOSEN = SCENARIOS.filter(({ name }) => /^(Postgres|clients|two servers)/.test(name));

describe('Every answered write is stored once, no row breaks a rule, and the service recovers when', () => {
  it.each(CHOSEN)('$name', async (scenario) => {
    const { faults, figures } = await play(scenario, { milliseconds: 500, times: 1 });
    expect(faults).toEqual([]);
    expect(figures['answered writes']).toBeGreaterThan(0);
  });
});
