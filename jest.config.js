import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export const common = {
  testEnvironment: 'node',
  rootDir: '.',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

/** Specs that start programs, wait for deadlines or fill tables: half of the time in a seventh of the files. */
const SLOW = [
  '**/test/{chaos,fuzz,operations,process}/*.e2e-spec.ts',
  '**/test/database/{migrations,unavailable}.e2e-spec.ts',
  '**/test/rules/deleting-large.e2e-spec.ts',
];

const endToEnd = {
  ...common,
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
};

/** @type {import('jest').Config} */
export default {
  // Jest would leave one of the processors to itself. Beyond eight, the connections that Postgres allows get scarce.
  maxWorkers: Math.min(availableParallelism(), 8),
  // Jest keeps the modules of every spec file that a worker has run, and calls a worker that takes half a second to give
  // a gigabyte back one that does not end.
  workerIdleMemoryLimit: '500MB',
  // Ends only what hangs: on a busy machine a test that starts programs may take a minute.
  testTimeout: 120_000,
  reporters: ['default', '<rootDir>/test/support/progress-reporter.js'],
  projects: [
    { ...common, displayName: 'unit', testMatch: ['**/*.spec.ts'] },
    { ...endToEnd, displayName: 'e2e', testMatch: ['**/*.e2e-spec.ts', ...SLOW.map((pattern) => `!${pattern}`)] },
    { ...endToEnd, displayName: 'slow', testMatch: SLOW },
  ],
};
