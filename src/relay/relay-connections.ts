import { connect, type Socket } from 'node:net';
import type { Address } from '../model/address.js';

/** What relaying may cost the agent. */
export interface RelayLimits {
  /** Connections at one time, of all NodePorts together; further ones are closed at once. */
  readonly connections: number;
  /** Milliseconds for a connection to the Service to come about. */
  readonly connectTime: number;
  /** Milliseconds of silence after which the kernel asks whether the other side is still there. */
  readonly keepAlive: number;
}

export const DEFAULT_RELAY_LIMITS: RelayLimits = {
  connections: 1_000,
  connectTime: 10_000,
  keepAlive: 60_000,
};

/** The connections that are relayed now. What one side ends goes on in the other direction until that ends too. */
export class RelayConnections {
  readonly #limits: RelayLimits;
  readonly #clients = new Set<Socket>();

  constructor(limits: RelayLimits = DEFAULT_RELAY_LIMITS) {
    this.#limits = limits;
  }

  /** `client` must allow half-open connections. */
  relay(client: Socket, target: { readonly address: Address; readonly port: number }): void {
    if (this.#clients.size >= this.#limits.connections) {
      client.resetAndDestroy();
      return;
    }
    this.#clients.add(client);
    const { address: host, port } = target;
    const service = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const tooLate = setTimeout(() => service.destroy(new Error('ETIMEDOUT')), this.#limits.connectTime);
    service.once('connect', () => clearTimeout(tooLate));
    this.#join(client, service);
    service.once('close', () => clearTimeout(tooLate));
    client.once('close', () => this.#clients.delete(client));
  }

  /** Cuts every connection. */
  close(): void {
    for (const client of this.#clients) client.destroy();
  }

  #join(client: Socket, service: Socket): void {
    const fail = () => {
      client.resetAndDestroy();
      service.resetAndDestroy();
    };
    for (const [from, to] of [
      [client, service],
      [service, client],
    ] as const) {
      from.setKeepAlive(true, this.#limits.keepAlive);
      from.once('error', fail);
      // Destroyed from our side, without an error: the other must not wait for an end that never comes.
      from.once('close', () => {
        if (!from.readableEnded) to.destroy();
      });
      from.pipe(to);
    }
  }
}
