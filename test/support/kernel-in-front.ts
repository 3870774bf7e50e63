import type {
  AddressesAndSets,
  Comparison,
  Kernel,
  KernelChange,
  NodeAddresses,
  Observation,
  OtherAddressesAndSets,
  Preparation,
  Remembered,
} from '../../src/kernel/kernel.js';
import type { LookResult } from '../../src/model/counters.js';
import type { Frontend, FrontendKey } from '../../src/model/frontend.js';
import type { Answered, Operation } from '../../src/model/operation.js';

/** A kernel in front of another that passes everything on; what extends it changes one thing. */
export class KernelInFront implements Kernel {
  protected readonly inner: Kernel;

  constructor(inner: Kernel) {
    this.inner = inner;
  }

  prepare(): Promise<Preparation> {
    return this.inner.prepare();
  }

  preview(): Promise<readonly string[]> {
    return this.inner.preview();
  }

  markKey(): Promise<string> {
    return this.inner.markKey();
  }

  dismantle(): Promise<readonly string[]> {
    return this.inner.dismantle();
  }

  observe(remembered?: Remembered): Promise<Observation> {
    return this.inner.observe(remembered);
  }

  observeAddressesAndSets(): Promise<AddressesAndSets> {
    return this.inner.observeAddressesAndSets();
  }

  look(frontends: readonly Frontend[]): Promise<readonly LookResult[]> {
    return this.inner.look(frontends);
  }

  lookForOtherAddressesAndSets(): Promise<OtherAddressesAndSets> {
    return this.inner.lookForOtherAddressesAndSets();
  }

  lookForChanges(frontends: readonly Frontend[]): Promise<readonly (LookResult | undefined)[]> {
    return this.inner.lookForChanges(frontends);
  }

  compareAtOnce(ours: Remembered, always: boolean): Promise<Comparison> {
    return this.inner.compareAtOnce(ours, always);
  }

  perform(operations: readonly Operation[]): Promise<Answered> {
    return this.inner.perform(operations);
  }

  listeners(): ReadonlySet<FrontendKey> | undefined {
    return this.inner.listeners();
  }

  nodeAddresses(): Promise<NodeAddresses> {
    return this.inner.nodeAddresses();
  }

  watch(listener: (change: KernelChange) => void): void {
    this.inner.watch(listener);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
