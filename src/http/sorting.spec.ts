import { orderOf } from './sorting.js';

describe('orderOf', () => {
  it('is oldest first when nothing else is wanted', () => {
    expect(orderOf(undefined)).toEqual({ by: 'created_at', descending: false });
  });

  it.each(['name', 'display_name', 'created_at', 'email'] as const)('reads %s in both directions', (by) => {
    expect(orderOf<typeof by>(`${by}:1`)).toEqual({ by, descending: false });
    expect(orderOf<typeof by>(`${by}:-1`)).toEqual({ by, descending: true });
  });
});
