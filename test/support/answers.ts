import type { Answer } from './api.js';

/** Fails when the status or the body differs, also when the body has an additional field. */
export function expectAnswer({ status, body }: Answer, expected: { status: number; body?: unknown }): void {
  expect({ status, body }).toEqual(expected);
}
