import type { Intended } from './intended-differences.js';

export interface Review {
  /** Differences that nobody meant. */
  readonly unlisted: string[];
  /** Entries of the list that no difference answers to any more. */
  readonly outdated: string[];
}

/** Holds the differences against the list of those that are intended. */
export function review(differences: readonly string[], intended: readonly Intended[]): Review {
  const patterns = intended.flatMap((entry) => entry.differences).map((text) => ({ text, pattern: patternOf(text) }));
  return {
    unlisted: differences.filter((difference) => !patterns.some(({ pattern }) => pattern.test(difference))),
    outdated: patterns
      .filter(({ pattern }) => !differences.some((difference) => pattern.test(difference)))
      .map(({ text }) => text),
  };
}

/** `*` stands for any text. */
function patternOf(text: string): RegExp {
  return new RegExp(`^${text.split('*').map(escape).join('.*')}$`);
}

const escape = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
