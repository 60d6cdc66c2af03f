import type { Comparison, Sample } from './measure.js';

const HEADER = ['operation', 'server', 'req/s', 'p50 ms', 'p99 ms', 'CPU µs/req', 'RSS MB', 'ratio', 'target'];

/** The comparisons as a table, two lines each, and the further figures below it. */
export function table(comparisons: readonly Comparison[], further: Record<string, number>): string {
  const lines = comparisons.flatMap(({ operation, subject, reference, of, ratio, target }) => [
    [operation, subject, ...figures(of.subject), ratio.toFixed(2), `>= ${target.toFixed(2)}`],
    ['', reference, ...figures(of.reference), '', ''],
  ]);
  const cells = [HEADER, ...lines];
  const widths = HEADER.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const aligned = cells.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const rest = Object.entries(further).map(([name, value]) => `${name}: ${value.toFixed(value < 100 ? 2 : 0)}`);
  return [...(comparisons.length > 0 ? [...aligned, ''] : []), ...rest, ''].join('\n');
}

const figures = (sample: Sample) => [
  sample.requestsPerSecond.toFixed(0),
  sample.p50.toFixed(1),
  sample.p99.toFixed(1),
  sample.cpuMicrosecondsPerRequest.toFixed(0),
  sample.residentMegabytes.toFixed(0),
];
