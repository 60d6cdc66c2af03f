import { play, SCENARIOS } from './scenarios.js';

/** What any machine can do; `npm run chaos` does all, for longer. */
const EVERYWHERE = SCENARIOS.filter(
  ({ diskMegabytes, missing }) => diskMegabytes === undefined && missing === undefined,
);

describe('Whatever is answered is there once, no row breaks a rule, and it is served again in time when', () => {
  it.each(EVERYWHERE)('$name', async (scenario) => {
    const { faults, figures } = await play(scenario, { milliseconds: 500, times: 1 });
    expect(faults).toEqual([]);
    expect(figures['answered writes']).toBeGreaterThan(0);
  });
});
