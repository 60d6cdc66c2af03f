import { isDue } from './pause.js';

describe('The next attempt', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const hour = 3_600_000;

  it.each([
    ['due when its time has come', 0, true],
    ['not due before', 1, false],
    ['not due within the longest pause', hour, false],
    ['due when no pause goes that far: the clock was ahead when the time was set', hour + 1, true],
  ])('is %s', (_, milliseconds, due) => {
    expect(isDue(new Date(now + milliseconds), now)).toBe(due);
  });
});
