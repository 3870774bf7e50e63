import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that can go quiet, as one does whose packets are dropped. */
export class BreakablePath {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  #silent = false;

  constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      if (!this.#silent) near.pipe(far).pipe(near);
      for (const socket of [near, far]) socket.on('error', () => undefined);
      this.#sockets.push(near, far);
    });
  }

  static async to(port: number): Promise<BreakablePath> {
    const path = new BreakablePath(port);
    await new Promise<void>((resolve) => path.#server.listen(0, '127.0.0.1', resolve));
    return path;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Nothing passes any more; both ends believe that their connections stand, and can make new ones. */
  silence(): void {
    this.#silent = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** What is connected from now on passes. */
  heal(): void {
    this.#silent = false;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
