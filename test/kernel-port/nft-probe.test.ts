import { expect, it } from 'vitest';
import type { KernelHandle } from '../../src/kernel/native/addon.js';
import { NFT_FEATURES } from '../../src/kernel/node/kernel-features.js';
import { tryNftables } from '../../src/kernel/node/nft-probe.js';

const TEXT = new TextDecoder('latin1');
const NFT_MSG_NEWSET = 9;
const NFT_MSG_NEWRULE = 6;

/** The names of the sets that a transaction makes, and the messages of its rules as text. */
function readTransaction(messages: Uint8Array) {
  const view = new DataView(messages.buffer, messages.byteOffset, messages.byteLength);
  const sets: string[] = [];
  const rules: string[] = [];
  for (let offset = 0; offset < messages.byteLength; offset += (view.getUint32(offset, true) + 3) & ~3) {
    const text = TEXT.decode(messages.subarray(offset, offset + view.getUint32(offset, true)));
    const type = view.getUint16(offset + 4, true) & 0xff;
    if (type === NFT_MSG_NEWSET) sets.push(/[a-z]+(?:-[a-z]+)*-[46](?:-[a-z]+)?/.exec(text)?.[0] ?? '');
    if (type === NFT_MSG_NEWRULE) rules.push(text);
  }
  return { sets, rules };
}

it('every trial makes the sets that its rules name, or a feature would be missing on every kernel', async () => {
  const transactions: Uint8Array[] = [];
  const handle: Pick<KernelHandle, 'sendNft'> = {
    sendNft: async (messages) => {
      transactions.push(messages);
      return { errno: 0, message: -1, extAck: '' };
    },
  };
  await tryNftables(handle as KernelHandle);
  expect(transactions).toHaveLength(NFT_FEATURES.length);
  let names = 0;
  for (const { sets, rules } of transactions.map(readTransaction))
    for (const rule of rules)
      for (const [name] of rule.matchAll(
        /(?:guarded|open|owned|refused|dropped|inside|node-local)-[46](?:-tcp)?/g,
      )) {
        names++;
        expect(sets).toContain(name);
      }
  expect(names).toBeGreaterThan(5);
});
