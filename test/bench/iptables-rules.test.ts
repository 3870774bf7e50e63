import { describe, expect, it } from 'vitest';
import { changedRestore, commandByRule, wholeRestore } from '../../bench/compare/iptables-rules.js';
import { benchService, type RuleService } from '../../bench/compare/rule-service.js';
import { parseAddress } from '../../src/model/address.js';

function address(text: string) {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new TypeError(text);
  return parsed;
}

function endpoint(text: string) {
  return { address: address(text), port: 80, isLocal: false };
}

const ONE: RuleService = {
  namespace: 'ns1',
  name: 'svc1',
  portName: 'p80',
  address: address('172.30.0.41'),
  port: 80,
  endpoints: [endpoint('10.180.0.1')],
};
const TWO: RuleService = {
  namespace: 'ns4',
  name: 'svc4',
  portName: 'p80',
  address: address('172.30.0.44'),
  port: 80,
  endpoints: [endpoint('10.180.0.4'), endpoint('10.180.0.5')],
};
const STICKY: RuleService = {
  namespace: 'ns5',
  name: 'svc5',
  portName: 'p80',
  address: address('172.30.0.45'),
  port: 80,
  endpoints: [endpoint('10.180.0.3')],
  affinity: 10_800,
};

/** The lines, and the names in them, are those that kube-proxy writes for the same Services. */
describe("the rules of kube-proxy's iptables mode", () => {
  it('lead from a VIP to its Service, from there to its endpoint, and to the pod', () => {
    expect(wholeRestore([ONE]).split('\n')).toEqual(
      expect.arrayContaining([
        '*nat',
        ':KUBE-SVC-XPGD46QRK7WJZT7O - [0:0]',
        ':KUBE-SEP-SXIVWICOYRO3J4NJ - [0:0]',
        '-A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O',
        '-A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 ! -s 10.0.0.0/8 -j KUBE-MARK-MASQ',
        '-A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.1:80" -j KUBE-SEP-SXIVWICOYRO3J4NJ',
        '-A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment ns1/svc1:p80 -s 10.180.0.1 -j KUBE-MARK-MASQ',
        '-A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment ns1/svc1:p80 -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80',
      ]),
    );
  });

  it('choose among endpoints with a chance for all but the last', () => {
    expect(wholeRestore([TWO])).toContain(
      '-A KUBE-SVC-4SW47YFZTEDKD3PK -m comment --comment "ns4/svc4:p80 -> 10.180.0.4:80" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-UKSFD7AGPMPPLUHC\n' +
        '-A KUBE-SVC-4SW47YFZTEDKD3PK -m comment --comment "ns4/svc4:p80 -> 10.180.0.5:80" -j KUBE-SEP-C6EBXVWJJZMIWKLZ\n',
    );
  });

  it('look for a client with session affinity before they choose', () => {
    const text = wholeRestore([STICKY]);
    const kept =
      '-A KUBE-SVC-NUKIZ6OKUXPJNT4C -m comment --comment "ns5/svc5:p80 -> 10.180.0.3:80" -m recent --name KUBE-SEP-I77PXRDZVX7PMWMN --rcheck --seconds 10800 --reap -j KUBE-SEP-I77PXRDZVX7PMWMN';
    expect(text).toContain(kept);
    expect(text).toContain('-m recent --name KUBE-SEP-I77PXRDZVX7PMWMN --set -m tcp -p tcp -j DNAT');
  });

  it('have no comments of single endpoints where there are more than a thousand', () => {
    const many = Array.from({ length: 101 }, (_, index) => benchService(index, 10));
    expect(wholeRestore(many)).not.toContain('->');
    expect(wholeRestore(many)).toContain('"bench/service-100 cluster IP"');
    expect(wholeRestore(many.slice(0, 100))).toContain('->');
  });

  it('are after a change those of every VIP and of the changed Service alone', () => {
    const text = changedRestore([ONE, TWO], [TWO]);
    expect(text.match(/^-A KUBE-SERVICES .* cluster IP/gm)).toHaveLength(2);
    expect(text).not.toContain(':KUBE-SVC-XPGD46QRK7WJZT7O');
    expect(text).toContain(':KUBE-SVC-4SW47YFZTEDKD3PK');
  });

  it('come to the same by one command for each', () => {
    const rules = wholeRestore([TWO]).match(/^-A .*$/gm) ?? [];
    const commands = commandByRule([TWO]).split('\n');
    expect(rules.filter((rule) => !commands.some((command) => command.endsWith(rule)))).toEqual([]);
  });

  it('name the protocol of the Service wherever they name one', () => {
    const rules = wholeRestore([{ ...ONE, protocol: 'UDP' }]).match(
      /^-A KUBE-S\S+ .*172\.30|^-A KUBE-SEP-\S+ .*DNAT/gm,
    );
    expect(rules).toHaveLength(3);
    for (const rule of rules ?? []) expect(rule).toContain('-m udp -p udp');
  });
});
