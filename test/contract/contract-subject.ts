import { expect } from 'vitest';
import type { Kernel } from '../../src/kernel/kernel.js';
import type { Address } from '../../src/model/address.js';
import type { Frontend, FrontendKey } from '../../src/model/frontend.js';
import { type Operation, type Outcome, operationText, singly } from '../../src/model/operation.js';
import type { VipBinding } from '../../src/model/vip-binding.js';
import { dataplaneText, serverLines } from '../support/dataplane-text.js';

/** What another program does on the same machine, with its own tools. */
export interface Outsider {
  /** A virtual server with the scheduler wlc and no real server, as `ipvsadm -A`. */
  addVirtualServer(frontend: Frontend): Promise<void>;
  removeVirtualServer(frontend: Frontend): Promise<void>;
  /** Gives a virtual server the scheduler wlc, as `ipvsadm -E`. */
  editVirtualServer(frontend: Frontend): Promise<void>;
  /** The frontends of all virtual servers, whoever made them. */
  listVirtualServers(): Promise<readonly FrontendKey[]>;
  /** Takes an address off the dummy device, or its route away. */
  removeAddress(address: Address): Promise<void>;
  /** Removes the dummy device. */
  removeDevice(): Promise<void>;
  /** Removes our nftables table. */
  removeTable(): Promise<void>;
  /** Takes the rules out of one chain of our table, or sets a sysctl that we need to another value. */
  spoil(part: 'table' | 'sysctl'): Promise<void>;
}

/** A kernel without IPVS entries, device and table, and somebody else on it. */
export interface KernelFixture {
  readonly kernel: Kernel;
  readonly outsider: Outsider;
  readonly vipBinding: VipBinding;
  dispose(): Promise<void>;
}

/** The kernel of the test that is running, and how a test speaks of it. */
export class ContractSubject {
  #fixture: KernelFixture | undefined;

  async begin(makeFixture: () => Promise<KernelFixture>): Promise<void> {
    this.#fixture = await makeFixture();
    await this.kernel.prepare();
  }

  async end(): Promise<void> {
    await this.#fixture?.dispose();
    this.#fixture = undefined;
  }

  get kernel(): Kernel {
    return this.#running.kernel;
  }

  get outsider(): Outsider {
    return this.#running.outsider;
  }

  get vipBinding(): VipBinding {
    return this.#running.vipBinding;
  }

  /** One word for each operation: `done`, or the errno's name. */
  async perform(...operations: readonly Operation[]): Promise<string[]> {
    return (await this.kernel.perform(operations)).outcomes.map(word);
  }

  /** The same with the operation before each word, as the kernel has answered. */
  async answers(...operations: readonly Operation[]): Promise<string[]> {
    const { operations: tried, outcomes } = await this.kernel.perform(operations);
    const texts = tried.map((operation) => singly([operation]).map(operationText).join(' + '));
    return texts.map((text, index) => `${text}: ${word(outcomes[index] as Outcome)}`);
  }

  /** Performs what must not fail. */
  async given(...operations: readonly Operation[]): Promise<void> {
    expect([...new Set(await this.perform(...operations))]).toEqual(operations.length > 0 ? ['done'] : []);
  }

  /** The lines of one virtual server, or `absent`. */
  async seen(front: Frontend): Promise<readonly string[] | string | undefined> {
    const [result] = await this.kernel.look([front]);
    return result?.kind === 'present' ? serverLines(result.server) : result?.kind;
  }

  /** The whole data plane as text. */
  async observed(): Promise<string> {
    return dataplaneText((await this.kernel.observe()).dataplane);
  }

  get #running(): KernelFixture {
    if (this.#fixture === undefined) throw new Error('no test is running');
    return this.#fixture;
  }
}

function word(outcome: Outcome): string {
  return outcome.kind === 'failed' || outcome.kind === 'unknown' ? outcome.error.code : outcome.kind;
}
