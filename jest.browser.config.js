import { common } from './jest.config.js';

/**
 * What a visitor of the example sees, in Chromium. Not every machine has one, so these tests are a run of their own.
 *
 * @type {import('jest').Config}
 */
export default {
  ...common,
  displayName: 'browser',
  roots: [...common.roots, '<rootDir>/examples'],
  testMatch: ['**/*.browser-spec.ts'],
  globalSetup: '<rootDir>/test/browser/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  testTimeout: 120_000,
  maxWorkers: 2,
};
