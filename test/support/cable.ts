import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { createDatabase, type TestDatabase } from './databases.js';

/** A proxy between the server and its database, which can be cut. */
export class Cable {
  private readonly sockets = new Set<Socket>();
  private server?: Server;
  private port = 0;

  constructor(private readonly target: { host: string; port: number }) {}

  async plugIn(): Promise<number> {
    this.server = createServer((near) => {
      const far = connect(this.target);
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.port = (this.server.address() as AddressInfo).port);
  }

  /** Stops forwarding without closing connections. */
  freeze(): void {
    for (const socket of this.sockets) socket.pause();
  }

  thaw(): void {
    for (const socket of this.sockets) socket.resume();
  }

  async cut(): Promise<void> {
    const closed = once(this.server!, 'close');
    this.server!.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

export interface CabledDatabase extends TestDatabase {
  readonly cable: Cable;
  /** Not over the cable. */
  readonly straightUrl: string;
}

/** A database behind a cable, which has to be plugged in when it is dropped. */
export async function createCabledDatabase(): Promise<CabledDatabase> {
  const database = await createDatabase();
  const url = new URL(database.url);
  const cable = new Cable({ host: url.hostname, port: Number(url.port) });
  url.port = String(await cable.plugIn());
  return {
    url: url.href,
    straightUrl: database.url,
    cable,
    drop: async () => {
      await database.drop();
      await cable.cut();
    },
  };
}
