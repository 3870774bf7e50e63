import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attribute,
  bytesOf,
  type Encoded,
  encoded,
  hostOrder32,
  joined,
} from '../../../src/kernel/nf-tables/attributes.js';
import { encodeTransaction, sendTransaction } from '../../../src/kernel/nf-tables/transaction.js';
import { openKernelHandle } from '../../support/kernel-handle.js';
import { Cluster } from './support/cluster.js';
import { dualStack } from './support/dual-stack.js';
import { IN_TEST_KERNEL } from './support/kernel-test.js';
import { walk } from './support/packet-walk.js';
import { vip } from './support/vips.js';

/**
 * Kinds of expressions that nft 1.1.2 and later name in the notes of a set. libnftables that does not know them
 * dereferences null, whatever it was asked: 1.0.6 at the first, 1.1.3 at all three.
 */
const KINDS = [3, 5, 20];

const USERDATA = 13;

const entry = (type: number, value: Encoded) => joined([encoded(Uint8Array.of(type, value.length)), value]);
const number = (value: number) => encoded(hostOrder32(value));

/** As the bytes of one message, with the notes that nft keeps in a set in the place of ours. */
function setWithNotes(name: string, kind: number): Uint8Array {
  const table = { family: 'ip', table: 'foreign' } as const;
  const key = ['ipv4_addr'] as const;
  const { bytes } = encodeTransaction([{ ...table, kind: 'add-set', set: { name, key } }]);
  const typeOf = joined([entry(0, number(kind)), entry(1, entry(0, number(1)))]);
  const notes = attribute(USERDATA, joined([entry(0, number(1)), entry(3, typeOf)]));
  const message = bytesOf(joined([encoded(bytes), notes]));
  message.set(hostOrder32(message.length));
  return message;
}

describe.skipIf(!IN_TEST_KERNEL)('sets with notes of a newer nft', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.folder.put('web', dualStack({ name: 'web', vip: vip(1), pods: cluster.lab.pods }));
    const networkNamespace = `/run/netns/${cluster.lab.node.namespace.name}`;
    const handle = openKernelHandle({ device: '', table: '', sets: [], networkNamespace });
    await sendTransaction(handle, [{ family: 'ip', table: 'foreign', kind: 'add-table' }]);
    for (const kind of KINDS) {
      const { errno } = await handle.sendNft(setWithNotes(`s${kind}`, kind));
      expect(errno).toBe(0);
    }
    handle.close();
  });

  afterAll(() => cluster?.close());

  const webAnswers = async () => {
    const [pod] = cluster.lab.pods;
    if (pod === undefined) throw new Error('a pod expected');
    return walk(pod, { address: vip(1).IPv4, port: 80 });
  };
  const command = (...words: readonly string[]) => cluster.command(...words);

  it('do not disturb the agent, its plan or its restart', async () => {
    const { path } = cluster.folder;
    expect((await command('plan', '--manifests', path)).code).not.toBe(139);
    await cluster.startAgent();
    expect(await webAnswers()).toMatch(/^pod-\d sees /);
    await cluster.agent.stop();
    await cluster.startAgent();
    expect(await webAnswers()).toMatch(/^pod-\d sees /);
  });

  it('do not disturb `cleanup`, and stay', async () => {
    await cluster.agent.stop();
    expect(await command('cleanup')).toMatchObject({ code: 0, stderr: '' });
    const handle = openKernelHandle({
      device: '',
      table: 'foreign',
      sets: [],
      networkNamespace: `/run/netns/${cluster.lab.node.namespace.name}`,
    });
    expect(
      await sendTransaction(handle, [{ family: 'ip', table: 'foreign', kind: 'delete-table' }]),
    ).toBeUndefined();
    handle.close();
  });
});
