import { composeKernelRows, composeVersion, withKernel } from './compose-commands.js';
import { loadAddon } from './kernel/native/addon.js';
import { DEVICE } from './kernel/netlink/netlink-kernel.js';
import { decodeRuleset, rulesetText } from './kernel/nf-tables/ruleset-decoder.js';
import { nodeFacts } from './kernel/node/node-facts.js';
import { NODE_PLACES } from './kernel/node/node-files.js';
import type { SupportSource } from './model/support-source.js';

/** What a support bundle has of the node itself; each is read by itself, so that one failure leaves the others. */
export function composeSupportSources(version: string): SupportSource[] {
  return [
    { name: 'version.json', read: async () => `${JSON.stringify(composeVersion(version), null, 2)}\n` },
    ...nodeFacts(NODE_PLACES),
    { name: 'kernel/addresses.txt', read: addresses },
    { name: 'kernel/services.jsonl', read: services },
    { name: 'kernel/rules.txt', read: rules },
  ];
}

/** The VIPs on our device, one a line. */
function addresses(): Promise<string> {
  return withKernel(async (kernel) => {
    const { bound } = await kernel.observeAddressesAndSets();
    return [...bound].map((address) => `${address}\n`).join('');
  });
}

async function services(most: number): Promise<string> {
  let text = '';
  for await (const rows of composeKernelRows({ servers: '1', traffic: '1' })) {
    for (const row of rows) text += `${JSON.stringify(row)}\n`;
    if (text.length > most) break;
  }
  return text;
}

/** Our own table and those of others: they decide together what becomes of a packet. */
async function rules(): Promise<string> {
  const handle = new (loadAddon().KernelHandle)({ device: DEVICE, table: '', sets: [] });
  try {
    return rulesetText(decodeRuleset(await handle.dumpRuleset()));
  } finally {
    handle.close();
  }
}
