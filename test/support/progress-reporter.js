// @ts-check
const EVERY = 10;

/** Says how many files of tests there are, and after every tenth how many are done. */
export default class ProgressReporter {
  /** @param {import('@jest/reporters').AggregatedResult} results */
  onRunStart({ numTotalTestSuites }) {
    this.say(`${numTotalTestSuites} files of tests`);
  }

  /**
   * @param {unknown} _test
   * @param {unknown} _result
   * @param {import('@jest/reporters').AggregatedResult} results
   */
  onTestResult(
    _test,
    _result,
    { numTotalTestSuites, numPassedTestSuites, numFailedTestSuites, numPendingTestSuites, startTime },
  ) {
    const done = numPassedTestSuites + numFailedTestSuites + numPendingTestSuites;
    if (done % EVERY !== 0) return;
    const seconds = Math.round((Date.now() - startTime) / 1000);
    this.say(`${done} of ${numTotalTestSuites} files after ${seconds} s`);
  }

  /** @param {string} line */
  say(line) {
    process.stderr.write(`== ${line}\n`);
  }
}
