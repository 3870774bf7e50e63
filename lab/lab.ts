import { NODE_PODS, NODE_WIRE, OUTSIDE_WIRE, REMOTE_PODS } from './address-plan.js';
import { beforeExit } from './before-exit.js';
import { Host } from './host.js';
import { everyNamespace, type LabNamespaces, labNamespaces } from './lab-namespaces.js';
import { ipBatch } from './namespace.js';
import { connectNamespaces } from './network.js';
import { Peers } from './peers.js';

interface LabOptions {
  /** Names of the pods on the node; the nth has NODE_PODS.pod(n). */
  readonly pods: readonly string[];
  /** Names of the pods on the other node; the nth has REMOTE_PODS.pod(n). */
  readonly remotePods?: readonly string[];
}

/**
 * A cluster of network namespaces on this machine: a node with pods, another node with pods, a client outside.
 * Needs root. Packets never leave the machine, and `close` leaves nothing behind.
 */
export class Lab {
  readonly node: Host;
  readonly remote: Host;
  readonly outside: Host;
  readonly pods: readonly Host[];
  readonly remotePods: readonly Host[];
  readonly #namespaces: LabNamespaces;
  readonly #peers: Peers;
  readonly #callOff: () => void;
  #connected: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  static async create({ pods, remotePods = [] }: LabOptions): Promise<Lab> {
    const lab = new Lab(labNamespaces(pods.length, remotePods.length), await Peers.start(), pods, remotePods);
    try {
      lab.#connected = connectNamespaces(lab.#namespaces, lab.#peers);
      await lab.#connected;
    } catch (error) {
      await lab.close();
      throw error;
    }
    return lab;
  }

  private constructor(
    namespaces: LabNamespaces,
    peers: Peers,
    pods: readonly string[],
    remotePods: readonly string[],
  ) {
    this.#namespaces = namespaces;
    this.#peers = peers;
    this.node = new Host('node', namespaces.node, NODE_WIRE.here, peers);
    this.remote = new Host('remote', namespaces.remote, NODE_WIRE.there, peers);
    this.outside = new Host('outside', namespaces.outside, OUTSIDE_WIRE.there, peers);
    this.pods = namespaces.pods.map((space, n) => new Host(pods[n] ?? '', space, NODE_PODS.pod(n), peers));
    this.remotePods = namespaces.remotePods.map(
      (space, n) => new Host(remotePods[n] ?? '', space, REMOTE_PODS.pod(n), peers),
    );
    this.#callOff = beforeExit(() => this.close());
  }

  /** Removes every namespace with all that is in it, also after a failure half-way. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#callOff();
    this.#peers.stop();
    // A signal may come while the namespaces are still being made.
    await this.#connected.catch(() => undefined);
    // One by one where a batch stops at the first that was never made.
    const lines = everyNamespace(this.#namespaces).map(({ name }) => `netns del ${name}`);
    await ipBatch(lines).catch(() => Promise.allSettled(lines.map((line) => ipBatch([line]))));
  }
}
