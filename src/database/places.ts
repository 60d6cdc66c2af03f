import { reserveOf, WaitingLine } from './waiting-line.js';

/** A number of places, of which everybody takes one for a while; whoever finds none waits in line. */
export class Places {
  private readonly line: WaitingLine;
  private readonly held = new Map<string, number>();
  private readonly mostForOne: number;

  /** @param patienceMs how long anybody waits */
  constructor(
    private free: number,
    patienceMs: number,
  ) {
    this.line = new WaitingLine('transaction', free, patienceMs);
    this.mostForOne = free - reserveOf(free);
  }

  /** How many wait. */
  get waiting(): number {
    return this.line.length;
  }

  /**
   * @returns gives the place back; only its first call does anything
   * @throws DomainError when the wait would be in vain
   */
  take(caller = ''): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const enter = (error?: Error) => (error ? reject(error) : resolve(this.occupy(caller)));
      if (this.mayEnter(caller)) enter();
      else this.line.join(caller, enter);
    });
  }

  private readonly mayEnter = (caller: string): boolean =>
    this.free > 0 && (this.held.get(caller) ?? 0) < this.mostForOne;

  private occupy(caller: string): () => void {
    this.free--;
    this.held.set(caller, (this.held.get(caller) ?? 0) + 1);
    let isMine = true;
    return () => {
      if (isMine) this.leave(caller);
      isMine = false;
    };
  }

  private leave(caller: string): void {
    const held = this.held.get(caller)! - 1;
    if (held === 0) this.held.delete(caller);
    else this.held.set(caller, held);
    this.free++;
    this.line.admit(this.mayEnter);
  }
}
