import { getEventListeners } from 'node:events';
import { unlessAborted } from './unless-aborted.js';

describe('unlessAborted', () => {
  it('leaves nothing behind on the signal, however the work ends', async () => {
    const { signal } = new AbortController();
    await expect(unlessAborted(Promise.resolve('done'), signal)).resolves.toBe('done');
    await expect(unlessAborted(Promise.reject(new Error('failed')), signal)).rejects.toThrow('failed');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('fails with the reason of the signal, also when that was there before', async () => {
    const ending = new AbortController();
    const never = unlessAborted(new Promise(() => undefined), ending.signal);
    ending.abort(new Error('told to stop'));
    await expect(never).rejects.toThrow('told to stop');
    await expect(unlessAborted(new Promise(() => undefined), ending.signal)).rejects.toThrow('told to stop');
  });
});
