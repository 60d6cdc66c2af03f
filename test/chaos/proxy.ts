import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const CHECK_MS = 50;

/** What lies before several servers: gives each new connection to the next that is ready, or, when that refuses, to another. */
export class Proxy {
  private readonly sockets = new Set<Socket>();
  private readonly ready = new Set<number>();
  private server?: Server;
  private turn = 0;
  private isOver = false;

  constructor(private readonly ports: readonly number[]) {}

  async listen(): Promise<number> {
    this.server = createServer((near) => {
      this.keep(near);
      const [first, ...others] = this.inTurn();
      this.lead(near, first!, others);
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    for (const port of this.ports) void this.watch(port);
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.isOver = true;
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private lead(near: Socket, port: number, others: readonly number[]): void {
    const far = connect({ port, host: '127.0.0.1' }, () => {
      this.keep(far);
      near.pipe(far).pipe(near);
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroySoon());
    });
    far.once('error', () => {
      const [next, ...rest] = others;
      if (!far.connecting && far.bytesRead > 0) return;
      if (next === undefined) near.destroy();
      else if (!this.sockets.has(far)) this.lead(near, next, rest);
    });
  }

  private inTurn(): number[] {
    const ready = this.ports.filter((port) => this.ready.has(port));
    const choice = ready.length > 0 ? ready : this.ports;
    const at = this.turn++ % choice.length;
    return [...choice.slice(at), ...choice.slice(0, at), ...this.ports.filter((port) => !choice.includes(port))];
  }

  private async watch(port: number): Promise<void> {
    while (!this.isOver) {
      const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
      await answer?.text().catch(() => undefined);
      if (answer?.ok) this.ready.add(port);
      else this.ready.delete(port);
      await delay(CHECK_MS);
    }
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
  }
}
