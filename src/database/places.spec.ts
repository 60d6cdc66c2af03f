import { Places } from './places.js';

describe('Places', () => {
  const LONG = 60_000;

  it('are given to those who wait in the order in which they came', async () => {
    const places = new Places(1, LONG);
    const came: string[] = [];
    const stay = async (name: string) => {
      const leave = await places.take();
      came.push(name);
      leave();
    };
    const leave = await places.take();
    const waiting = ['first', 'second', 'third'].map(stay);
    expect(came).toEqual([]);
    leave();
    await Promise.all(waiting);
    expect(came).toEqual(['first', 'second', 'third']);
  });

  it('are as many as before when each has been given back, however often', async () => {
    const places = new Places(2, LONG);
    for (let time = 0; time < 3; time++) {
      const [one, other] = await Promise.all([places.take(), places.take()]);
      [one, one, other].forEach((leave) => leave());
    }
    await Promise.all([places.take(), places.take()]);
    const third = places.take().then(() => 'in');
    expect(await Promise.race([third, Promise.resolve('waits')])).toBe('waits');
  });

  it('are waited for no longer than was said, and not lost by that', async () => {
    const places = new Places(1, 10);
    const leave = await places.take();
    await expect(places.take()).rejects.toThrow('No place has become free for 10 ms');
    leave();
    (await places.take())();
  });
});
