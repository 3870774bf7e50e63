import { networkInterfaces } from 'node:os';
import type { Address } from '../../model/address.js';
import type { Frontend } from '../../model/frontend.js';
import type { Addon, KernelHandle } from '../native/addon.js';
import { decodeAddresses, decodeLookAnswers, decodeServerSettings } from '../native/answer-decoder.js';
import { NetlinkError, unusable } from '../native/netlink-error.js';
import { encodeKeys, encodeOperations } from '../native/operation-encoder.js';
import type { KernelOperation } from '../native/records.js';
import { DEVICE } from '../netlink/netlink-kernel.js';
import { isOfTrial, TRIAL_TAG } from '../netlink/server-settings.js';

/** Of the agent's device nothing of a trial may be seen. */
export const TRIAL_DEVICE = 'kube-ipvs-test';

/**
 * A virtual server for a moment, which no Service wants: on a device of its own, in no ledger, and tagged otherwise
 * than what the agent makes, so that an agent neither adopts nor counts it. What a trial leaves that was killed is
 * known by device and tag.
 */
export class TrialService {
  readonly #handle: KernelHandle;
  /** For a look at the agent's device alone. */
  readonly #agents: KernelHandle;

  constructor(addon: Addon) {
    const none = { table: '', sets: [] };
    this.#handle = new addon.KernelHandle({ device: TRIAL_DEVICE, ...none });
    this.#agents = new addon.KernelHandle({ device: DEVICE, ...none });
  }

  /** Rejects with KernelUnusable where there is no IPVS, or no right to use it. What was removed, a sentence each. */
  async remove(): Promise<readonly string[]> {
    const records = decodeServerSettings(await this.#ipvs(() => this.#handle.dumpVirtualServers()));
    const keys = records.filter(({ flags }) => isOfTrial(flags)).map(({ key }) => key);
    // Another may have been faster.
    await this.#apply(
      keys.map((key) => ({ kind: 'delete-virtual-server', key }) as const),
      ['ESRCH'],
    );
    const hadDevice = await this.#handle.deleteDevice();
    return [
      ...keys.map(
        (key) => `removed the virtual server of a self-test at ${'mark' in key ? key.mark : key.address}`,
      ),
      ...(hadDevice ? [`removed the device ${TRIAL_DEVICE}`] : []),
    ];
  }

  /** Who has the address on this node: a device, or a virtual server. */
  async holderOf(address: Address): Promise<string | undefined> {
    const device = Object.entries(networkInterfaces()).find(([, list = []]) =>
      list.some((entry) => entry.address === address),
    );
    if (device !== undefined) return `the device ${device[0]}`;
    const bound = decodeAddresses(await this.#agents.dumpAddresses());
    if (bound.some((record) => record.address === address)) return 'a Service';
    const servers = decodeServerSettings(await this.#handle.dumpVirtualServers());
    const isTaken = servers.some(({ key }) => 'address' in key && key.address === address);
    return isTaken ? 'a virtual server' : undefined;
  }

  async bind(address: Address): Promise<void> {
    await this.#handle.ensureDevice();
    await this.#apply([{ kind: 'bind-address', address }]);
  }

  /** `port`: where the server listens, at the address of the virtual server itself. */
  async serve(key: Frontend, port: number): Promise<void> {
    const { address } = key;
    await this.#apply([
      { kind: 'add-virtual-server', key, scheduler: 'rr', flags: TRIAL_TAG, timeout: 0 },
      { kind: 'add-real-server', key, address, port, weight: 1 },
    ]);
  }

  /**
   * How many connections IPVS knows of the server. Not by the counters: the estimator sums them up every two seconds
   * (ip_vs_est.c).
   */
  async connections(key: Frontend): Promise<number> {
    const { buffer, count } = encodeKeys([key]);
    const [answer] = decodeLookAnswers(await this.#handle.lookVirtualServers(buffer, count));
    const servers = answer?.kind === 'present' ? answer.realServers : [];
    return servers.reduce((sum, { active, inactive }) => sum + active + inactive, 0);
  }

  close(): void {
    this.#handle.close();
    this.#agents.close();
  }

  async #apply(operations: readonly KernelOperation[], harmless: readonly string[] = []): Promise<void> {
    const { buffer, count } = encodeOperations(operations);
    const { codes, messages } = await this.#ipvs(() => this.#handle.apply(buffer, count));
    codes.forEach((code, record) => {
      if (code === 0) return;
      const words = messages.find((message) => message.record === record)?.text;
      const error = new NetlinkError(code, operations[record]?.kind ?? 'apply', words);
      if (!harmless.includes(error.code)) throw unusable(error);
    });
  }

  async #ipvs<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw unusable(error);
    }
  }
}
