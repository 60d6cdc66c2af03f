import { DEFAULT_ORDER, orderOf, SORTABLE } from './organization.js';

describe('orderOf', () => {
  it('is oldest first when nothing else is wanted', () => {
    expect(orderOf(undefined)).toBe(DEFAULT_ORDER);
    expect(DEFAULT_ORDER).toEqual({ by: 'created_at', descending: false });
  });

  it.each(SORTABLE)('reads %s in both directions', (by) => {
    expect(orderOf(`${by}:1`)).toEqual({ by, descending: false });
    expect(orderOf(`${by}:-1`)).toEqual({ by, descending: true });
  });
});
