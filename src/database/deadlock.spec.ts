import { DomainError } from '../errors/domain-error.js';
import { repeatAfterDeadlock } from './deadlock.js';

const deadlock = Object.assign(new Error('deadlock detected'), { code: 'P2034' });

/** Work that fails with the errors, one after the other, and then is done. */
function failingWith(...errors: Error[]) {
  let attempts = 0;
  return async () => {
    const error = errors[attempts++];
    if (error) await Promise.reject(error);
    return attempts;
  };
}

describe('repeatAfterDeadlock', () => {
  it('does the work again until it is done', async () => {
    expect(await repeatAfterDeadlock(failingWith(deadlock, deadlock))).toBe(3);
  });

  it('says after the tenth time that the row is locked', async () => {
    const broken = repeatAfterDeadlock(failingWith(...Array<Error>(10).fill(deadlock)));
    await expect(broken).rejects.toEqual(new DomainError('row_locked'));
  });

  it('leaves every other error as it is', async () => {
    await expect(repeatAfterDeadlock(failingWith(new Error('no')))).rejects.toThrow('no');
  });
});
