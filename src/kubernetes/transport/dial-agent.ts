import { Agent, type AgentOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

type Done = (error: Error | null, socket: Duplex) => void;

/** Keeps what it has dialled and counts what comes in. */
export class DialAgent extends Agent {
  readonly #dial: () => Promise<Socket>;
  readonly #sockets = new Set<Socket>();
  #first: Socket | undefined;
  #heardBefore = 0;
  #destroyed = false;

  // The agent sets the time of the kernel's probes anew whenever it takes a connection back.
  constructor(first: Socket, dial: () => Promise<Socket>, options: AgentOptions) {
    super({ ...options, keepAlive: true, maxFreeSockets: 4 });
    this.#dial = dial;
    this.#first = this.#counted(first);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Bytes received on all of them, those that are gone included. */
  get heard(): number {
    return [...this.#sockets].reduce((sum, { bytesRead }) => sum + bytesRead, this.#heardBefore);
  }

  override createConnection(_options: unknown, done?: Done): Duplex | undefined {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined && !first.destroyed) return first;
    this.#dial().then(
      (socket) => done?.(null, this.#counted(socket)),
      // As the agent calls it itself: with an error there is no socket.
      (error) => (done as ((error: Error) => void) | undefined)?.(error),
    );
    return undefined;
  }

  override destroy(): void {
    super.destroy();
    this.#destroyed = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #counted(socket: Socket): Socket {
    this.#sockets.add(socket);
    // It may have been under way when everything was ended.
    if (this.#destroyed) socket.destroy();
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#heardBefore += socket.bytesRead;
    });
    return socket;
  }
}
