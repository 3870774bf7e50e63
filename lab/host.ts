import { FAMILIES } from '../src/model/address.js';
import type { Protocol } from '../src/model/protocol.js';
import type { Addresses } from './address-plan.js';
import { type Answer, answerOf } from './answer.js';
import { HeldConnection } from './held-connection.js';
import type { Namespace } from './namespace.js';
import type { Peers, Target } from './peers.js';

/** A machine or pod of the lab: it has addresses, may ask and may serve. */
export class Host {
  readonly name: string;
  readonly namespace: Namespace;
  readonly addresses: Addresses;
  readonly #peers: Peers;

  constructor(name: string, namespace: Namespace, addresses: Addresses, peers: Peers) {
    this.name = name;
    this.namespace = namespace;
    this.addresses = addresses;
    this.#peers = peers;
  }

  /** One request over a connection of its own. */
  async ask(target: Target): Promise<Answer> {
    return answerOf(await this.#peers.ask(this.namespace, target));
  }

  /** `count` requests, one after the other. */
  async askTimes(count: number, target: Target): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let index = 0; index < count; index++) answers.push(await this.ask(target));
    return answers;
  }

  /** Connects, asks once, and stays connected. Throws where nobody answers. */
  async hold(target: Target): Promise<HeldConnection> {
    const reply = await this.#peers.hold(this.namespace, target);
    const first = answerOf(reply);
    if (first.kind !== 'answered') throw new Error(`${target.address}:${target.port} is ${first.kind}`);
    return new HeldConnection(this.#peers, reply.number, first);
  }

  /** `count` connections that stay open at once. Throws where one of them is not answered; returns what closes them. */
  async holdMany(count: number, target: Target): Promise<() => Promise<unknown>> {
    const { good, number, words } = await this.#peers.holdMany(this.namespace, target, count);
    if (!good)
      throw new Error(`one of ${count} to ${target.address}:${target.port} failed: ${words.join(' ')}`);
    return () => this.#peers.close(number);
  }

  /** Accepts connections on every address of both families, and says nothing. */
  async accept(port: number, protocol: Protocol): Promise<void> {
    for (const family of FAMILIES)
      await this.#peers.accept(this.namespace, protocol, family === 'IPv4' ? '0.0.0.0' : '::', port);
  }

  /** Writes a file of /proc/sys as the host sees it. */
  async write(file: string, value: string): Promise<void> {
    await this.#peers.write(this.namespace, file, value);
  }

  /** Answers with the host's name on every address of both families. */
  async serve(port: number, protocol: Protocol, name = this.name): Promise<void> {
    for (const family of FAMILIES)
      await this.#peers.serve(this.namespace, protocol, family === 'IPv4' ? '0.0.0.0' : '::', port, name);
  }
}
