import { describe, expect, it } from 'vitest';
import { featureText, type KernelFeatures } from '../../src/kernel/node/kernel-features.js';
import { lackingText, loadModules } from '../../src/kernel/node/modules.js';

const COMPLETE: KernelFeatures = {
  release: '6.1.0-18-amd64',
  ipvs: {
    version: '1.2.1',
    connectionTableSize: 4096,
    growingTables: false,
    schedulers: ['rr', 'wrr'],
    families: ['IPv4', 'IPv6'],
  },
  nftables: {
    masquerade: 'yes',
    'destination NAT': 'yes',
    'original destination': 'yes',
    reject: 'yes',
    'intervals in concatenations': 'yes',
    'maps to marks': 'yes',
    arp: 'yes',
  },
  ipv6: 'forwarding',
  conntrackEvents: 'yes',
  writableSysctls: false,
};

describe('what the kernel can do', () => {
  it('is one line of the log', () => {
    expect(featureText(COMPLETE)).toBe(
      'Linux 6.1.0-18-amd64; IPVS 1.2.1 for IPv4 and IPv6; 4096 connection buckets; schedulers rr wrr; ' +
        'nftables complete; IPv6 forwarding; conntrack events: yes; /proc/sys read-only',
    );
  });

  it('names what is missing and what could not be found out', () => {
    const features: KernelFeatures = {
      ...COMPLETE,
      ipvs: { ...COMPLETE.ipvs, schedulers: undefined, growingTables: true },
      nftables: { ...COMPLETE.nftables, arp: 'no' },
    };
    expect(featureText(features)).toContain('4096 connection buckets that grow; schedulers unknown');
    expect(featureText(features)).toContain('nftables without arp;');
  });

  it('does not call a table that grows empty for good', () => {
    const ipvs = { ...COMPLETE.ipvs, connectionTableSize: 0, growingTables: true };
    expect(featureText({ ...COMPLETE, ipvs })).toContain('; no connection buckets yet, they grow; ');
  });
});

describe('what a node lacks', () => {
  it('is nothing where everything is there', () => {
    expect(lackingText(COMPLETE, 'wrr')).toEqual([]);
  });

  it('is reported with the module and the packages that have it', () => {
    const features: KernelFeatures = { ...COMPLETE, nftables: { ...COMPLETE.nftables, masquerade: 'no' } };
    const [scheduler, masquerade, ...rest] = lackingText(features, 'mh');
    expect(rest).toEqual([]);
    expect(scheduler).toMatch(/no scheduler mh: module ip_vs_mh .*modprobe ip_vs_mh.*linux-modules-extra-/);
    expect(masquerade).toMatch(/lacks masquerade: module nft_masq/);
  });

  it('is not known where it could not be tried', () => {
    expect(lackingText({ ...COMPLETE, ipvs: { ...COMPLETE.ipvs, schedulers: undefined } }, 'mh')).toEqual([]);
  });

  it('is looked for after every module was tried, whichever are refused', async () => {
    const tried: string[] = [];
    await loadModules(async (module) => {
      tried.push(module);
      throw new Error('not found');
    });
    expect(tried).toEqual(expect.arrayContaining(['ip_vs', 'nft_masq', 'nf_conntrack', 'dummy']));
  });
});
