import { expect, it } from 'vitest';
import { NetlinkKernel } from '../../src/kernel/netlink/netlink-kernel.js';
import { PLAIN_RULES } from '../../src/kernel/packet-table/packet-rules-settings.js';
import type { Address } from '../../src/model/address.js';
import { addressAnswer, elementAnswer } from '../native/packed-answers.js';
import { VIP_A } from '../support/addresses.js';
import { addonWith } from '../support/kernel-handle.js';

class Handle {
  static bound: readonly Address[] = [];
  readonly nftGeneration = async () => 1;
  readonly dumpSet = async () => elementAnswer([]);
  readonly dumpAddresses = async () =>
    addressAnswer(Handle.bound.map((vip) => ({ address: vip, prefixLength: 32, isRoute: false })));
  readonly watch = () => undefined;
}

const ADDON = addonWith(Handle);

/** So many looks for changes until it was noticed that the only VIP went. */
async function looksUntilNoticed(kernel: NetlinkKernel): Promise<number> {
  Handle.bound = [VIP_A];
  await kernel.lookForOtherAddressesAndSets();
  Handle.bound = [];
  for (let looks = 1; looks < 100; looks++)
    if ((await kernel.lookForOtherAddressesAndSets())?.bound.size === 0) return looks;
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
