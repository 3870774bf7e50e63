import { describe, expect, it } from 'vitest';
import type { NodeSetUp } from '../../src/kernel/node/node-set-up.js';
import { conntrackMax, nodeSysctls } from '../../src/kernel/node/sysctls.js';
import { DEFAULT_NODE_SET_UP } from '../support/node-set-up.js';

const FACTS = { release: '6.1.0-18-amd64', processors: 8 };
const { conntrack, ipvs } = DEFAULT_NODE_SET_UP;

function values(settings: Partial<NodeSetUp> = {}, facts = FACTS): Record<string, string> {
  const sysctls = nodeSysctls({ ...DEFAULT_NODE_SET_UP, ...settings }, facts);
  return Object.fromEntries(sysctls.map(({ path, value }) => [path.replace(/^net\//, ''), value]));
}

describe('the sysctls of the node', () => {
  it('are kube-proxy’s by default', () => {
    expect(values()).toEqual({
      'ipv4/vs/conn_reuse_mode': '1',
      'netfilter/nf_conntrack_max': '262144',
      'netfilter/nf_conntrack_tcp_timeout_established': '86400',
      'netfilter/nf_conntrack_tcp_timeout_close_wait': '3600',
    });
  });

  it.each([
    ['3.10.0-1160.el7', undefined],
    ['4.0.9', undefined],
    ['4.18.0-553.el8', '0'],
    ['5.8.18', '0'],
    ['5.9.0-rc1', '1'],
    ['6.12.38+deb13', '1'],
    ['unheard-of', undefined],
  ])('on Linux %s have conn_reuse_mode %s', (release, value) => {
    expect(values({}, { ...FACTS, release })['ipv4/vs/conn_reuse_mode']).toBe(value);
  });

  it('leave alone what is 0', () => {
    const nothing = {
      maxPerCore: 0,
      min: 131_072,
      tcpEstablishedTimeout: 0,
      tcpCloseWaitTimeout: 0,
      udpTimeout: 0,
      udpStreamTimeout: 0,
      tcpBeLiberal: false,
    };
    expect(values({ conntrack: nothing })).toEqual({ 'ipv4/vs/conn_reuse_mode': '1' });
  });

  it('have the UDP timeouts and the liberal window where asked for', () => {
    const asked = { ...conntrack, udpTimeout: 20, udpStreamTimeout: 60, tcpBeLiberal: true };
    expect(values({ conntrack: asked })).toMatchObject({
      'netfilter/nf_conntrack_udp_timeout': '20',
      'netfilter/nf_conntrack_udp_timeout_stream': '60',
      'netfilter/nf_conntrack_tcp_be_liberal': '1',
    });
  });

  it('allow no fewer connections than the minimum, however few processors there are', () => {
    expect(conntrackMax(conntrack, 1)).toBe(131_072);
    expect(conntrackMax(conntrack, 64)).toBe(2_097_152);
    expect(conntrackMax({ ...conntrack, maxPerCore: 0 }, 64)).toBe(0);
  });

  it('touch ARP only where strict ARP is asked for', () => {
    expect(values({ strictArp: true })).toMatchObject({ 'ipv4/conf/all/arp_announce': '2' });
    expect(values({ strictArp: true })).not.toHaveProperty('ipv4/conf/all/arp_ignore');
  });

  it('tune IPVS only where asked to', () => {
    const tuned = {
      ...ipvs,
      estimation: false,
      estimationCpus: '0-3',
      estimationNice: 0,
      connectionLoadFactor: -2,
      serviceLoadFactor: -3,
    };
    expect(values({ ipvs: tuned })).toMatchObject({
      'ipv4/vs/run_estimation': '0',
      'ipv4/vs/est_cpulist': '0-3',
      'ipv4/vs/est_nice': '0',
      'ipv4/vs/conn_lfactor': '-2',
      'ipv4/vs/svc_lfactor': '-3',
    });
  });
});
