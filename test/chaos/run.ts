import { parseArgs } from 'node:util';
import { play, SCENARIOS } from './scenarios.js';

const { values: options } = parseArgs({
  options: {
    /** Scenarios with this in their name. */
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '4' },
    times: { type: 'string', default: '5' },
  },
});

for (const scenario of SCENARIOS.filter(({ name }) => name.includes(options.only))) {
  const outcome = await play(scenario, { milliseconds: Number(options.seconds) * 1000, times: Number(options.times) });
  const figures = Object.entries(outcome.figures).map(([name, figure]) => `${name}: ${figure}`);
  say(`${outcome.name}: ${outcome.skipped ? `skipped: ${outcome.skipped}` : figures.join(', ')}`);
  const faults = [...outcome.faults, ...(outcome.slow ? [outcome.slow] : [])];
  for (const fault of faults) say(`  FAULT ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
