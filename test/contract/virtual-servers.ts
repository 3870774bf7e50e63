import { beforeEach, describe, expect, it } from 'vitest';
import { orderBy, seedOf } from '../../src/desired/candidates.js';
import { frontend } from '../../src/model/frontend.js';
import type { Operation } from '../../src/model/operation.js';
import { PROTOCOLS } from '../../src/model/protocol.js';
import {
  evenServers,
  RealServerList,
  type RealServers,
  realServer,
  withWeight,
} from '../../src/model/real-server.js';
import { address, POD_1, POD_1_6, POD_2, POD_3, VIP_A } from '../support/addresses.js';
import { settings } from '../support/objects.js';
import type { ContractSubject } from './contract-subject.js';
import { add, INSIDE, ONE, ONE_6, OTHER, RR, real, remove, set, TWO, WEB, WEB_6 } from './operations.js';

/** Virtual and real servers are strict: the kernel says what exists and what does not. */
export function virtualServerContract(subject: ContractSubject): void {
  describe('a virtual server', () => {
    it('is added once: a second time is EEXIST and changes nothing', async () => {
      await subject.given(add(WEB), real('add', ONE));
      expect(await subject.perform(add(WEB, settings('wrr', 9)))).toEqual(['EEXIST']);
      expect(await subject.seen(WEB)).toEqual([`${WEB.key} rr`, `  -> ${ONE.key} weight 1`]);
    });

    it('that is absent cannot be set or deleted: ESRCH', async () => {
      expect(await subject.perform(set(WEB, RR), remove(WEB))).toEqual(['ESRCH', 'ESRCH']);
    });

    it('with a scheduler that the kernel lacks is ENOENT, added or set, and stays as it was', async () => {
      const wanted = settings('nosuch');
      await subject.given(add(OTHER));
      expect(await subject.perform(add(WEB, wanted), set(OTHER, wanted))).toEqual(['ENOENT', 'ENOENT']);
      expect([await subject.seen(WEB), await subject.seen(OTHER)]).toEqual(['absent', [`${OTHER.key} rr`]]);
    });

    it('takes servers before it has a scheduler, which is set last', async () => {
      await subject.given(add(WEB, settings('none')), real('add', ONE), real('add', TWO));
      expect(await subject.seen(WEB)).toContain(`${WEB.key} none`);
      await subject.given(set(WEB, settings('mh')));
      expect(await subject.seen(WEB)).toEqual([
        `${WEB.key} mh`,
        `  -> ${ONE.key} weight 1`,
        `  -> ${TWO.key} weight ${TWO.weight}`,
      ]);
    });

    it('takes another scheduler and persistence in place, and keeps its real servers', async () => {
      await subject.given(add(WEB), real('add', ONE), real('add', withWeight(TWO, 0)));
      await subject.given(set(WEB, settings('wrr', 10_800)));
      expect(await subject.seen(WEB)).toEqual([
        `${WEB.key} wrr persistent 10800`,
        `  -> ${ONE.key} weight 1`,
        `  -> ${TWO.key} weight 0`,
      ]);
      await subject.given(set(WEB, RR));
      expect(await subject.seen(WEB)).toEqual([
        `${WEB.key} rr`,
        `  -> ${ONE.key} weight 1`,
        `  -> ${TWO.key} weight 0`,
      ]);
    });

    it('is deleted with its real servers and can be added again, empty', async () => {
      await subject.given(add(WEB), real('add', ONE), remove(WEB));
      expect(await subject.seen(WEB)).toBe('absent');
      await subject.given(add(WEB));
      expect(await subject.seen(WEB)).toEqual([`${WEB.key} rr`]);
    });

    it('is written in the order of the asking, also where nobody waits for the answers in between', async () => {
      const answers = await Promise.all([
        subject.perform(add(WEB), add(OTHER)),
        subject.perform(real('add', ONE), real('add', ONE)),
        subject.perform(remove(WEB)),
        subject.perform(real('set', ONE)),
      ]);
      expect(answers).toEqual([['done', 'done'], ['done', 'EEXIST'], ['done'], ['ESRCH']]);
    });

    it('is one for each protocol at the same address and port', async () => {
      const fronts = PROTOCOLS.map((protocol) => frontend(VIP_A, 80, protocol));
      await subject.given(...fronts.map((front) => add(front)), remove(WEB));
      const results = await subject.kernel.look(fronts);
      expect(results.map(({ kind }) => kind)).toEqual(['absent', 'present', 'present']);
    });
  });

  describe('a real server', () => {
    beforeEach(() => subject.given(add(WEB), real('add', ONE)));

    it('is added once: a second time is EEXIST and changes nothing', async () => {
      expect(await subject.perform(real('add', withWeight(ONE, 5)))).toEqual(['EEXIST']);
      expect(await subject.seen(WEB)).toEqual([`${WEB.key} rr`, `  -> ${ONE.key} weight 1`]);
    });

    it('that is absent cannot be set or deleted: ENOENT', async () => {
      expect(await subject.perform(real('set', TWO), real('delete', TWO))).toEqual(['ENOENT', 'ENOENT']);
    });

    it('of an absent virtual server is ESRCH', async () => {
      const verbs = ['add', 'set', 'delete'] as const;
      expect(await subject.perform(...verbs.map((verb) => real(verb, ONE, OTHER)))).toEqual(
        verbs.map(() => 'ESRCH'),
      );
    });

    it('of the other family is EINVAL', async () => {
      await subject.given(add(WEB_6));
      const six = realServer(POD_1_6, 8_080, 1);
      expect(await subject.perform(real('add', six), real('add', ONE, WEB_6))).toEqual(['EINVAL', 'EINVAL']);
    });

    it.each(['224.0.0.1', '239.255.255.250'])('with the multicast address %s is EINVAL', async (text) => {
      expect(await subject.perform(real('add', realServer(address(text), 8_080, 1)))).toEqual(['EINVAL']);
    });

    it('is one for each port of the same address', async () => {
      await subject.given(real('add', realServer(POD_1, 9_090, 1)));
      expect(await subject.seen(WEB)).toEqual([
        `${WEB.key} rr`,
        `  -> ${ONE.key} weight 1`,
        `  -> ${POD_1}:9090 weight 1`,
      ]);
    });

    it('is set, deleted and added without touching the others', async () => {
      await subject.given(real('add', TWO), real('set', withWeight(ONE, 0)));
      expect(await subject.seen(WEB)).toEqual([
        `${WEB.key} rr`,
        `  -> ${ONE.key} weight 0`,
        `  -> ${TWO.key} weight 1`,
      ]);
      await subject.given(real('delete', ONE), real('add', realServer(POD_3, 8_080, 7)));
      expect(await subject.seen(WEB)).toEqual([
        `${WEB.key} rr`,
        `  -> ${TWO.key} weight 1`,
        `  -> ${POD_3}:8080 weight 7`,
      ]);
    });

    it('with weight 0 tells since when, until it gets a weight again', async () => {
      const since = async () => {
        const [result] = await subject.kernel.look([WEB]);
        return result?.kind === 'present' ? result.activity.get(ONE.key)?.drainingSince : result?.kind;
      };
      expect(await since()).toBeUndefined();
      await subject.given(real('set', withWeight(ONE, 0)));
      expect(await since()).toEqual(expect.any(Number));
      await subject.given(real('set', ONE));
      expect(await since()).toBeUndefined();
    });

    it('keeps any weight from 0 to 65535', async () => {
      for (const weight of [0, 65_535, 1]) {
        await subject.given(real('set', withWeight(ONE, weight)));
        expect(await subject.seen(WEB)).toContain(`  -> ${ONE.key} weight ${weight}`);
      }
    });

    it('comes back by an addition after it was deleted', async () => {
      await subject.given(real('delete', ONE), real('add', withWeight(ONE, 3)));
      expect(await subject.seen(WEB)).toEqual([`${WEB.key} rr`, `  -> ${ONE.key} weight 3`]);
    });
  });

  describe('real servers that are added together', () => {
    const together = (servers: RealServers, frontend = WEB): Operation => ({
      kind: 'add-real-servers',
      frontend,
      servers,
    });
    const EVEN = evenServers([POD_1, POD_2], 8_080, 3);
    const UNEVEN = new RealServerList([ONE, withWeight(TWO, 0), realServer(POD_1, 9_090, 7)]);

    it('are there afterwards, with one port and weight or several, in both families and inside', async () => {
      const six = evenServers([POD_1_6], 8_080, 1);
      await subject.given(add(WEB), add(OTHER), add(WEB_6), add(INSIDE));
      await subject.given(
        together(EVEN),
        together(UNEVEN, OTHER),
        together(six, WEB_6),
        together(EVEN, INSIDE),
      );
      const lines = [`  -> ${ONE.key} weight 3`, `  -> ${TWO.key} weight 3`];
      expect(await subject.seen(WEB)).toEqual([`${WEB.key} rr`, ...lines]);
      expect(await subject.seen(INSIDE)).toEqual([`${INSIDE.key} rr`, ...lines]);
      expect(await subject.seen(OTHER)).toEqual([
        `${OTHER.key} rr`,
        `  -> ${ONE.key} weight 1`,
        `  -> ${POD_1}:9090 weight 7`,
        `  -> ${TWO.key} weight 0`,
      ]);
      expect(await subject.seen(WEB_6)).toEqual([`${WEB_6.key} rr`, `  -> ${ONE_6.key} weight 1`]);
    });

    it('are refused where they are of the other family, and no others', async () => {
      await subject.given(add(WEB));
      expect(await subject.answers(together(evenServers([POD_1_6, POD_1], 8_080, 1)))).toEqual([
        `add-real-server ${WEB.key} ${ONE_6.key} weight 1: EINVAL`,
        `add-real-server ${WEB.key} ${ONE.key} weight 1: done`,
      ]);
    });

    it('are answered one by one where some are refused, and the others are there', async () => {
      await subject.given(add(WEB), real('add', ONE));
      const multicast = realServer(address('224.0.0.1'), 80, 1);
      const servers = new RealServerList([ONE, multicast, ONE_6, TWO]);
      const open: Operation = { kind: 'open-frontend', frontend: WEB };
      expect(await subject.answers(open, together(servers), open)).toEqual([
        `open-frontend ${WEB.key}: done`,
        `add-real-server ${WEB.key} ${ONE.key} weight 1: EEXIST`,
        `add-real-server ${WEB.key} 224.0.0.1:80 weight 1: EINVAL`,
        `add-real-server ${WEB.key} ${ONE_6.key} weight 1: EINVAL`,
        `add-real-server ${WEB.key} ${TWO.key} weight 1: done`,
        `open-frontend ${WEB.key}: done`,
      ]);
      expect(await subject.seen(WEB)).toEqual([
        `${WEB.key} rr`,
        `  -> ${ONE.key} weight 1`,
        `  -> ${TWO.key} weight 1`,
      ]);
    });

    it('are each refused where there is no virtual server', async () => {
      expect(await subject.answers(together(EVEN))).toEqual([
        `add-real-server ${WEB.key} ${ONE.key} weight 3: ESRCH`,
        `add-real-server ${WEB.key} ${TWO.key} weight 3: ESRCH`,
      ]);
    });

    it('are named by what was refused, in whatever order they went to the kernel', async () => {
      await subject.given(add(WEB));
      const pods = [POD_3, POD_2, '224.0.0.1', POD_1].map((text) => address(text));
      const answers = await subject.answers(together(evenServers(pods, 8_080, 1, orderBy(seedOf('node-1')))));
      expect(answers.sort()).toEqual([
        `add-real-server ${WEB.key} ${POD_1}:8080 weight 1: done`,
        `add-real-server ${WEB.key} ${POD_2}:8080 weight 1: done`,
        `add-real-server ${WEB.key} ${POD_3}:8080 weight 1: done`,
        `add-real-server ${WEB.key} 224.0.0.1:8080 weight 1: EINVAL`,
      ]);
    });

    it('may be more than any message or job holds', async () => {
      const pods = Array.from({ length: 3_000 }, (_, index) =>
        address(`10.244.${index >> 8}.${index & 255}`),
      );
      await subject.given(add(WEB), add(OTHER));
      await subject.given(together(evenServers(pods, 8_080, 2)), together(EVEN, OTHER));
      const lines = pods.map((pod) => `  -> ${pod}:8080 weight 2`);
      expect(await subject.seen(WEB)).toEqual([`${WEB.key} rr`, ...lines.sort()]);
      expect(await subject.seen(OTHER)).toHaveLength(3);
    });
  });

  describe('a batch', () => {
    it('is tried to its end, whatever was refused before, with one outcome for each operation in order', async () => {
      const outcomes = await subject.perform(
        remove(WEB),
        add(WEB),
        add(WEB),
        real('add', ONE),
        real('add', realServer(address('224.0.0.1'), 80, 1)),
        real('set', TWO),
        real('add', TWO),
      );
      expect(outcomes).toEqual(['ESRCH', 'done', 'EEXIST', 'done', 'EINVAL', 'ENOENT', 'done']);
      expect(await subject.seen(WEB)).toEqual([
        `${WEB.key} rr`,
        `  -> ${ONE.key} weight 1`,
        `  -> ${TWO.key} weight 1`,
      ]);
    });

    it('of nothing is nothing', async () => {
      expect(await subject.perform()).toEqual([]);
    });

    it('may be longer than any message or job: 1,500 real servers, in order', async () => {
      const servers = Array.from({ length: 1_500 }, (_, index) =>
        realServer(address(`10.244.${index >> 8}.${index & 255 || 254}`), 1_024 + index, 1 + (index % 9)),
      );
      await subject.given(add(WEB), ...servers.map((server) => real('add', server)));
      const lines = servers.map(({ key, weight }) => `  -> ${key} weight ${weight}`);
      expect(await subject.seen(WEB)).toEqual([`${WEB.key} rr`, ...lines.sort()]);
    });
  });
}
