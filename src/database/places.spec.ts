import { DomainError } from '../errors/domain-error.js';
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
    const [leave] = await Promise.all([places.take(), places.take()]);
    const third = places.take();
    expect(places.waiting).toBe(1);
    leave();
    await third;
  });

  it('are waited for no longer than was said, and not lost by that', async () => {
    const places = new Places(1, 10);
    const leave = await places.take();
    await expect(places.take()).rejects.toEqual(new DomainError('overloaded'));
    leave();
    (await places.take())();
  });

  it('are never all of one caller, who waits while another comes in', async () => {
    const places = new Places(4, LONG);
    const busy = Array.from({ length: 5 }, () => places.take('busy'));
    const [first, second] = await Promise.all(busy.slice(0, 3));
    expect(places.waiting).toBe(2);
    await places.take('other');
    expect(places.waiting).toBe(2);
    first!();
    second!();
    await Promise.all(busy);
  });

  it('are given to callers in turns, however many of one are waiting', async () => {
    const places = new Places(1, LONG);
    const came: string[] = [];
    const stay = async (name: string) => {
      const leave = await places.take(name);
      came.push(name);
      leave();
    };
    const leave = await places.take();
    const waiting = ['a', 'a', 'a', 'b', 'c', 'b'].map(stay);
    leave();
    await Promise.all(waiting);
    expect(came).toEqual(['a', 'b', 'c', 'a', 'b', 'a']);
  });

  it('have a line of 128 for each, of which a caller has 96; whoever comes then is sent away at once', async () => {
    const places = new Places(1, LONG);
    const leave = await places.take();
    const stay = (caller: string) => places.take(caller).then((done) => done());
    const waiting = Array.from({ length: 96 }, () => stay('busy'));
    await expect(stay('busy')).rejects.toEqual(new DomainError('overloaded'));
    waiting.push(...Array.from({ length: 32 }, () => stay('other')));
    await expect(stay('third')).rejects.toEqual(new DomainError('overloaded'));
    leave();
    await Promise.all(waiting);
    (await places.take())();
  });
});
