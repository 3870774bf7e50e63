import { expect, it } from 'vitest';
import { NetlinkKernel } from '../../src/kernel/netlink/netlink-kernel.js';
import { PLAIN_RULES } from '../../src/kernel/packet-table/packet-rules-settings.js';
import type { Address } from '../../src/model/address.js';
import { frontend } from '../../src/model/frontend.js';
import type { Operation } from '../../src/model/operation.js';
import { realServer } from '../../src/model/real-server.js';
import { addressAnswer, elementAnswer } from '../native/packed-answers.js';
import { POD_1, VIP_A } from '../support/addresses.js';
import { addonWith } from '../support/kernel-handle.js';

class Handle {
  static bound: readonly Address[] = [];
  readonly nftGeneration = async () => 1;
  readonly dumpSet = async () => elementAnswer([]);
  readonly spellSets = async (layouts: Uint8Array) => ({ texts: [], count: layouts.length });
  readonly spellAddresses = async () => [JSON.stringify({ isRoute: false, addresses: Handle.bound })];
  readonly dumpAddresses = async () =>
    addressAnswer(Handle.bound.map((vip) => ({ address: vip, prefixLength: 32, isRoute: false })));
  readonly watch = () => undefined;
  readonly apply = async (_buffer: Uint8Array, count: number) => ({
    codes: new Int32Array(count),
    messages: [],
  });
}

const ADDON = addonWith(Handle);

/** So many looks for changes until it was noticed that the only VIP went. */
async function looksUntilNoticed(kernel: NetlinkKernel): Promise<number> {
  Handle.bound = [VIP_A];
  await kernel.lookForOtherAddressesAndSets();
  Handle.bound = [];
  for (let looks = 1; looks < 100; looks++) {
    const seen = await kernel.lookForOtherAddressesAndSets();
    if (seen !== 'overtaken' && seen?.bound.size === 0) return looks;
  }
  return Number.POSITIVE_INFINITY;
}

it('a VIP that went is noticed at the next look where no notification would tell of it', async () => {
  expect(await looksUntilNoticed(new NetlinkKernel(ADDON, PLAIN_RULES))).toBe(1);
});

it('all addresses are read once in ten looks where notifications tell of those that go', async () => {
  const kernel = new NetlinkKernel(ADDON, PLAIN_RULES);
  kernel.watch(() => undefined);
  expect(await looksUntilNoticed(kernel)).toBe(10);
});

it('what was written to while it was read is told to be overtaken; of writes to servers it is not', async () => {
  const kernel = new NetlinkKernel(ADDON, PLAIN_RULES);
  const web = frontend(VIP_A, 80, 'TCP');
  const lookWhile = async (operation: Operation) => {
    const looking = kernel.lookForOtherAddressesAndSets();
    await kernel.perform([operation]);
    return looking;
  };
  expect(await lookWhile({ kind: 'open-frontend', frontend: web })).toBe('overtaken');
  expect(await lookWhile({ kind: 'bind-vip', address: VIP_A })).toBe('overtaken');
  const server = realServer(POD_1, 8080, 1);
  expect(await lookWhile({ kind: 'add-real-server', frontend: web, server })).toHaveProperty('bound');
  expect(await kernel.lookForOtherAddressesAndSets()).toBeUndefined();
});
