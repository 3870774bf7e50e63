import { execFileSync } from 'node:child_process';
import type { KernelHandle } from '../../src/kernel/native/addon.js';
import { decodeLookAnswers } from '../../src/kernel/native/answer-decoder.js';
import { encodeKeys, encodeOperations } from '../../src/kernel/native/operation-encoder.js';
import type { KernelOperation, LookAnswer, ServerKey } from '../../src/kernel/native/records.js';
import { openKernelHandle } from '../support/kernel-handle.js';

/** Whether this process runs in a kernel with IPVS that tests may write to; set by scripts/test-kernel/run. */
export const IN_TEST_KERNEL =
  process.env.TEST_KERNEL !== undefined || process.env.KUBE_IPVS_PROXY_TEST_KERNEL === '1';

export const DEVICE = 'kube-ipvs0';
export const TABLE = 'kube-ipvs-proxy';
export const SETS = ['addresses-4', 'frontends-4', 'frontends-6', 'marks'] as const;

let serial = 0;

/**
 * A network namespace that nobody used before: IPVS keeps its tables per namespace, and removed real servers slow down
 * later additions in the same one for minutes.
 */
export class FreshNamespace implements Disposable {
  readonly name = `native-${process.pid}-${serial++}`;
  readonly path = `/run/netns/${this.name}`;
  readonly handle: KernelHandle;

  constructor({ loopback = true } = {}) {
    execFileSync('ip', ['netns', 'add', this.name]);
    if (loopback) this.run('ip', 'link', 'set', 'lo', 'up');
    this.handle = this.open();
  }

  open(): KernelHandle {
    return openKernelHandle({ device: DEVICE, table: TABLE, sets: SETS, networkNamespace: this.path });
  }

  /** Runs a command inside and returns what it printed. */
  run(...command: readonly string[]): string {
    return this.runWith('', ...command);
  }

  /** The same with something on its standard input. */
  runWith(input: string, ...command: readonly string[]): string {
    const words = [`--net=${this.path}`, '--', ...command];
    return execFileSync('nsenter', words, { encoding: 'utf8', input });
  }

  /** Sends some datagrams from inside. On a socket for standard input, as Node gives it, bash would read ~/.bashrc. */
  sendDatagrams(target: string, port: number, count: number): void {
    const loop = `for i in $(seq ${count}); do echo hello > /dev/udp/${target}/${port}; done`;
    this.run('bash', '--norc', '-c', loop);
  }

  async apply(...operations: readonly KernelOperation[]): Promise<number[]> {
    const { buffer, count } = encodeOperations(operations);
    return [...(await this.handle.apply(buffer, count)).codes];
  }

  async look(...keys: readonly ServerKey[]): Promise<LookAnswer[]> {
    const { buffer, count } = encodeKeys(keys);
    return decodeLookAnswers(await this.handle.lookVirtualServers(buffer, count));
  }

  [Symbol.dispose](): void {
    this.handle.close();
    execFileSync('ip', ['netns', 'del', this.name]);
  }
}

/** −errno, by name. */
export const REFUSED = {
  EPERM: -1,
  ENOENT: -2,
  ESRCH: -3,
  EEXIST: -17,
  ENODEV: -19,
  EINVAL: -22,
  ERANGE: -34,
  EADDRNOTAVAIL: -99,
} as const;
