import { beforeEach, describe, expect, it } from 'vitest';
import { frontend, nameless } from '../../src/model/frontend.js';
import { PROTOCOLS } from '../../src/model/protocol.js';
import { realServer, withWeight } from '../../src/model/real-server.js';
import { POD_1, POD_1_6, VIP_A, VIP_A6 } from '../support/addresses.js';
import { dataplaneText, serverLines } from '../support/dataplane-text.js';
import { settings } from '../support/objects.js';
import type { ContractSubject } from './contract-subject.js';
import { add, INSIDE, INSIDE_6, ONE, OTHER, own, real, remove, set, TWO, WEB, WEB_6 } from './operations.js';

/** All that the test below performs, as a look shows it. */
const EVERYTHING = `\
10.96.0.10:80/SCTP wrr persistent 120
  -> 10.244.0.1:8080 weight 2
10.96.0.10:80/TCP wrr
  -> 10.244.0.1:8080 weight 0
10.96.0.10:80/UDP wrr persistent 60
  -> 10.244.0.1:8080 weight 1
[fd00:96::10]:80/SCTP wrr persistent 300
  -> [fd00:244::1]:8080 weight 5
[fd00:96::10]:80/TCP wrr persistent 180
  -> [fd00:244::1]:8080 weight 3
[fd00:96::10]:80/UDP wrr persistent 240
  -> [fd00:244::1]:8080 weight 4
owned 10.96.0.10:80/SCTP by owner of SCTP
owned 10.96.0.10:80/TCP by owner of TCP
owned 10.96.0.10:80/UDP by owner of UDP
owned [fd00:96::10]:80/SCTP by owner of SCTP
owned [fd00:96::10]:80/TCP by owner of TCP
owned [fd00:96::10]:80/UDP by owner of UDP`;

/** What is observed is what was performed, and whose it is. */
export function lookContract(subject: ContractSubject): void {
  describe('a full look', () => {
    it('finds all that was performed, in both families and all protocols', async () => {
      const fronts = [VIP_A, VIP_A6].flatMap((vip) =>
        PROTOCOLS.map((protocol) => frontend(vip, 80, protocol)),
      );
      const pods = { IPv4: POD_1, IPv6: POD_1_6 };
      await subject.given(
        ...fronts.map((front) => own(front, `owner of ${front.protocol}`)),
        ...fronts.map((front, index) => add(front, settings('wrr', index * 60))),
        ...fronts.map((front, index) =>
          real('add', realServer(front.address === VIP_A ? pods.IPv4 : pods.IPv6, 8_080, index), front),
        ),
      );
      expect(await subject.observed()).toBe(EVERYTHING);
    });

    it('finds servers without real servers', async () => {
      await subject.given(own(WEB), add(WEB));
      expect((await subject.kernel.observe()).dataplane.virtualServers.get(WEB.key)?.realServers.size).toBe(
        0,
      );
    });

    it('finds nothing where nothing is', async () => {
      const { dataplane, foreign } = await subject.kernel.observe();
      expect([dataplaneText(dataplane), foreign, dataplane.foreign.size]).toEqual(['', [], 0]);
    });

    it('gives a data plane of its own: what is performed later does not show in it', async () => {
      await subject.given(own(WEB), add(WEB), real('add', ONE));
      const { dataplane } = await subject.kernel.observe();
      const text = dataplaneText(dataplane);
      await subject.given(real('add', TWO), remove(WEB), { kind: 'guard-vip', address: VIP_A });
      expect(dataplaneText(dataplane)).toBe(text);
    });

    it('counts no connections where there are none', async () => {
      await subject.given(own(WEB), add(WEB), real('add', ONE));
      const { activity } = await subject.kernel.observe();
      const { active = 0, inactive = 0 } = activity.get(WEB.key)?.get(ONE.key) ?? {};
      expect([active, inactive]).toEqual([0, 0]);
    });
  });

  describe('a virtual server that is not in the ledger', () => {
    beforeEach(() => subject.outsider.addVirtualServer(OTHER));

    it('is foreign, and shown as such', async () => {
      await subject.given(own(WEB), add(WEB));
      const { dataplane, foreign } = await subject.kernel.observe();
      expect([...dataplane.virtualServers.keys()]).toEqual([WEB.key]);
      expect([...dataplane.foreign]).toEqual([OTHER.key]);
      expect(foreign.flatMap(serverLines)).toEqual([`${OTHER.key} wlc`]);
    });

    it('is ours where it is remembered: the ledger may have been removed by hand', async () => {
      const { dataplane, foreign } = await subject.kernel.observe(
        new Map([[OTHER.key, { frontend: OTHER }]]),
      );
      expect([...dataplane.virtualServers.keys()]).toEqual([OTHER.key]);
      expect([foreign, dataplane.foreign.size]).toEqual([[], 0]);
    });

    it('is ours as soon as the ledger has it', async () => {
      await subject.given(own(OTHER));
      const { dataplane } = await subject.kernel.observe();
      expect([...dataplane.virtualServers.keys()]).toEqual([OTHER.key]);
    });

    it('is seen by a look at it', async () => {
      expect(await subject.seen(OTHER)).toEqual([`${OTHER.key} wlc`]);
    });

    it('refuses to be added: EEXIST', async () => {
      expect(await subject.perform(add(OTHER))).toEqual(['EEXIST']);
    });
  });

  describe('a virtual server of ours that the ledger does not have', () => {
    it('is ours by its tag, in both families', async () => {
      await subject.given(add(WEB), add(WEB_6), real('add', ONE));
      const { dataplane, foreign } = await subject.kernel.observe();
      expect([...dataplane.virtualServers.keys()].sort()).toEqual([WEB.key, WEB_6.key]);
      expect(foreign).toEqual([]);
    });

    it('has no name where it is the view of clients inside, unless it is remembered, and can be written to by its mark', async () => {
      await subject.given(add(INSIDE), real('add', ONE, INSIDE), add(INSIDE_6));
      const lost = [nameless('IPv4', INSIDE.mark), nameless('IPv6', INSIDE_6.mark)] as const;
      const { dataplane } = await subject.kernel.observe();
      expect([...dataplane.virtualServers.keys()].sort()).toEqual(lost.map(({ key }) => key).sort());
      expect(await subject.seen(lost[0])).toEqual([`${lost[0].key} rr`, `  -> ${ONE.key} weight 1`]);
      const remembered = new Map([[INSIDE.key, { frontend: INSIDE }]]);
      const known = (await subject.kernel.observe(remembered)).dataplane;
      expect([...known.virtualServers.keys()].sort()).toEqual([INSIDE.key, lost[1].key].sort());
      await subject.given(real('set', withWeight(ONE, 0), lost[0]), remove(lost[0]), remove(lost[1]));
      expect((await subject.kernel.observe()).dataplane.virtualServers.size).toBe(0);
    });

    it('loses its tag when another program edits it, and has it again once it is set', async () => {
      await subject.given(own(WEB), add(WEB));
      await subject.outsider.editVirtualServer(WEB);
      const tags = async () => {
        const [result] = await subject.kernel.look([WEB]);
        const seen = (await subject.kernel.observe()).dataplane.virtualServers.get(WEB.key);
        return [result?.kind === 'present' && result.server.untagged, seen?.untagged];
      };
      expect(await tags()).toEqual([true, true]);
      await subject.given(set(WEB, settings('rr')));
      expect(await tags()).toEqual([undefined, undefined]);
    });
  });

  describe('a look', () => {
    it('answers in the order asked, and tells absent from present', async () => {
      await subject.given(add(WEB), real('add', withWeight(ONE, 4)), add(WEB_6));
      const results = await subject.kernel.look([WEB_6, OTHER, WEB]);
      expect(results.map(({ kind }) => kind)).toEqual(['present', 'absent', 'present']);
      const lines = results.map((result) => (result.kind === 'present' ? serverLines(result.server) : []));
      expect(lines).toEqual([[`${WEB_6.key} rr`], [], [`${WEB.key} rr`, `  -> ${ONE.key} weight 4`]]);
    });

    it('at nothing answers nothing', async () => {
      expect(await subject.kernel.look([])).toEqual([]);
      expect(await subject.kernel.lookForChanges([])).toEqual([]);
    });

    it('for changes sees each of them, and a change back too', async () => {
      const found = async () => {
        const [result] = await subject.kernel.lookForChanges([WEB]);
        return result?.kind === 'present' ? serverLines(result.server) : result?.kind;
      };
      const [one, two] = [realServer(ONE.address, ONE.port, 1), realServer(ONE.address, ONE.port, 2)];
      await subject.given(add(WEB), real('add', one));
      expect(await found()).toEqual([`${WEB.key} rr`, `  -> ${ONE.key} weight 1`]);
      await found();
      await subject.given(real('set', two));
      await subject.given(real('set', one));
      expect(await found()).toEqual([`${WEB.key} rr`, `  -> ${ONE.key} weight 1`]);
      await subject.outsider.editVirtualServer(WEB);
      expect(await found()).toEqual([`${WEB.key} wlc`, `  -> ${ONE.key} weight 1`]);
      await subject.outsider.removeVirtualServer(WEB);
      expect([await found(), await found()]).toEqual(['absent', 'absent']);
    });

    it('at all at once tells what is other, new, gone or written to, and nothing a second time', async () => {
      const ours = new Map([WEB, OTHER, INSIDE].map((frontend) => [frontend.key, { frontend }]));
      const changed = async (always = true) => {
        const { families, changed: found, isLast } = await subject.kernel.compareAtOnce(ours, always);
        expect(isLast).toBe(true);
        return families.length === 0 ? undefined : found.map(({ key }) => key).sort();
      };
      const reports = async (...expected: readonly string[]) =>
        expect([[...expected].sort(), undefined]).toContainEqual(await changed());
      await subject.given(add(WEB), real('add', ONE), add(OTHER), add(INSIDE));
      await reports(WEB.key, OTHER.key, INSIDE.key);
      await reports();
      await subject.outsider.editVirtualServer(WEB);
      await reports(WEB.key);
      await subject.given(real('set', withWeight(ONE, 7)), real('set', ONE), remove(INSIDE));
      await reports(WEB.key, INSIDE.key);
      await reports();
      expect([[], undefined]).toContainEqual(await changed(false));
      await subject.outsider.removeVirtualServer(OTHER);
      expect([[OTHER.key], undefined]).toContainEqual(await changed(false));
      await subject.kernel.observe(ours);
      await reports(WEB.key);
    });

    it('sees what another program did', async () => {
      await subject.given(add(WEB));
      await subject.outsider.removeVirtualServer(WEB);
      expect(await subject.seen(WEB)).toBe('absent');
      expect(await subject.outsider.listVirtualServers()).toEqual([]);
    });
  });
}
