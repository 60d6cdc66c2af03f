import type { Answer } from './api.js';

/** Fails when the status or anything in the body differs, also when the body has a field more. */
export function expectAnswer({ status, body }: Answer, expected: { status: number; body?: unknown }): void {
  expect({ status, body }).toEqual(expected);
}
