/** A number of places, of which everybody takes one for a while; whoever finds none waits in line. */
export class Places {
  private readonly waiting = new Set<() => void>();

  /** @param patienceMs how long anybody waits */
  constructor(
    private free: number,
    private readonly patienceMs: number,
  ) {}

  /** @returns gives the place back; only its first call does anything */
  async take(): Promise<() => void> {
    if (this.free > 0) this.free--;
    else await this.wait();
    let isMine = true;
    return () => {
      if (isMine) this.next();
      isMine = false;
    };
  }

  private wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting.delete(enter);
        reject(new Error(`No place has become free for ${this.patienceMs} ms`));
      }, this.patienceMs);
      this.waiting.add(enter);
    });
  }

  private next(): void {
    const [enter] = this.waiting;
    if (enter === undefined) {
      this.free++;
      return;
    }
    this.waiting.delete(enter);
    enter();
  }
}
