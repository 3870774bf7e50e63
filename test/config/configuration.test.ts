import { describe, expect, it } from 'vitest';
import type { AgentSettings } from '../../src/config/agent-settings.js';
import { KUBEADM_CONFIG } from './kubeadm.js';
import { complaints, OWN, PROXY, read } from './read.js';

const KUBEADM_SETTINGS: AgentSettings = {
  source: { kind: 'api-server', kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf', master: undefined },
  nodeName: 'node-7',
  serviceProxyName: undefined,
  adopt: false,
  scheduler: 'rr',
  excludedCIDRs: [],
  masqueradeAll: false,
  localDetection: { kind: 'cluster-cidrs', cidrs: ['10.244.0.0/16'] },
  nodePorts: { addresses: [], localhostRelay: false },
  nodePortRange: [30_000, 32_767],
  addressLimits: {
    externalIPs: true,
    externalIPsOnNodes: false,
    externalRanges: [],
    ingressRanges: [],
    podRanges: ['10.244.0.0/16'],
  },
  maxFrontendsPerService: 5_000,
  drainDeadline: 900,
  gatherTime: 0,
  syncPeriod: 30,
  auditPeriod: 30,
  serving: {
    health: '0.0.0.0:10256',
    metrics: '127.0.0.1:10249',
    bindHardFail: false,
  },
  perServiceMetrics: { enabled: true, maxServicePorts: 100 },
  nodeSetUp: {
    oomScoreAdj: -999,
    strictArp: false,
    ipvs: {
      timeouts: { tcp: 0, tcpFin: 0, udp: 0 },
      estimation: true,
      estimationCpus: undefined,
      estimationNice: undefined,
      connectionLoadFactor: undefined,
      serviceLoadFactor: undefined,
    },
    conntrack: {
      maxPerCore: 32_768,
      min: 131_072,
      tcpEstablishedTimeout: 86_400,
      tcpCloseWaitTimeout: 3600,
      tcpBeLiberal: false,
      udpTimeout: 0,
      udpStreamTimeout: 0,
    },
  },
  adminSocket: '/run/kube-ipvs-proxy/admin.sock',
  vipBinding: 'addresses',
  logLevel: 'info',
};

describe('the file that kubeadm writes', () => {
  it("gives kube-proxy's defaults where it holds zero values, and no warning", () => {
    const { settings, warnings } = read(KUBEADM_CONFIG);
    expect(settings).toEqual(KUBEADM_SETTINGS);
    expect(warnings).toEqual([]);
  });

  it('takes the node name of kubeadm’s DaemonSet from the flag', () => {
    const { settings, warnings } = read(KUBEADM_CONFIG, { 'hostname-override': 'Worker-3' });
    expect(settings.nodeName).toBe('worker-3');
    expect(warnings).toEqual([]);
  });

  it('without a mode is served all the same, and says what kube-proxy would do', () => {
    const { warnings } = read(KUBEADM_CONFIG.replace('mode: ipvs', 'mode: ""'));
    expect(warnings).toEqual([expect.stringMatching(/^mode is empty, for which kube-proxy takes iptables/)]);
  });

  it('may be JSON', () => {
    const json =
      '{"apiVersion":"kubeproxy.config.k8s.io/v1alpha1","kind":"KubeProxyConfiguration","mode":"ipvs","ipvs":{"scheduler":"lc"}}';
    expect(read(json).settings.scheduler).toBe('lc');
  });
});

describe('fields mean', () => {
  const settings = (text: string) => read(`${PROXY}${text}`).settings;

  it.each<[string, object]>([
    [
      'ipvs: {tcpTimeout: 15m, tcpFinTimeout: 1m30s, udpTimeout: 250ms}',
      { nodeSetUp: { ipvs: { timeouts: { tcp: 900, tcpFin: 90, udp: 0.25 } } } },
    ],
    ['ipvs: {scheduler: wrr, strictARP: true}', { scheduler: 'wrr', nodeSetUp: { strictArp: true } }],
    ['ipvs: {excludeCIDRs: [10.1.2.3/8, FD00::1/64]}', { excludedCIDRs: ['10.0.0.0/8', 'fd00::/64'] }],
    ['ipvs: {minSyncPeriod: 500ms}', { gatherTime: 0.5, syncPeriod: 30, auditPeriod: 30 }],
    ['ipvs: {syncPeriod: 45s}', { syncPeriod: 45, auditPeriod: 45 }],
    ['iptables: {masqueradeAll: true}', { masqueradeAll: true }],
    [
      'clusterCIDR: 10.244.0.0/16,fd00::/48',
      { localDetection: { kind: 'cluster-cidrs', cidrs: ['10.244.0.0/16', 'fd00::/48'] } },
    ],
    ['clusterCIDR: ""', { localDetection: { kind: 'none' } }],
    ['{detectLocalMode: NodeCIDR, clusterCIDR: 10.0.0.0/8}', { localDetection: { kind: 'node-cidr' } }],
    [
      '{detectLocalMode: BridgeInterface, detectLocal: {bridgeInterface: cni0}}',
      { localDetection: { kind: 'bridge-interface', name: 'cni0' } },
    ],
    [
      '{detectLocalMode: InterfaceNamePrefix, detectLocal: {interfaceNamePrefix: veth}}',
      { localDetection: { kind: 'interface-name-prefix', prefix: 'veth' } },
    ],
    [
      'nodePortAddresses: [primary, 192.168.1.7/24]',
      {
        nodePorts: {
          addresses: ['primary', '192.168.1.0/24'],
          localhostRelay: false,
        },
      },
    ],
    ['oomScoreAdj: 0', { nodeSetUp: { oomScoreAdj: 0 } }],
    ['conntrack: {maxPerCore: 0}', { nodeSetUp: { conntrack: { maxPerCore: 0, min: 131_072 } } }],
    ['logging: {verbosity: 4}', { logLevel: 'debug' }],
    ['logging: {verbosity: 10}', { logLevel: 'trace' }],
  ])('%s', (text, expected) => {
    const flat = text.startsWith('{')
      ? text
          .slice(1, -1)
          .split(/, (?=detectLocal:|clusterCIDR)/)
          .join('\n')
      : text;
    expect(settings(flat)).toMatchObject(expected);
  });

  it('a certain IPv4 bindAddress changes nothing, and is named; the unspecified one says nothing', () => {
    const given = (text: string) => read(`${PROXY}bindAddress: ${text}`);
    const [certain, any] = [given('192.0.2.7'), given('0.0.0.0')];
    expect(certain.settings).toEqual(any.settings);
    expect(certain.warnings.join()).toContain('without effect here: bindAddress (');
    expect(any.warnings.join()).not.toContain('bindAddress');
  });

  it('an IPv6 bindAddress moves the servers to IPv6, and an address without port gets the usual one', () => {
    expect(settings('bindAddress: "::"\nmetricsBindAddress: "::1"').serving).toMatchObject({
      health: '[::]:10256',
      metrics: '[::1]:10249',
    });
  });

  it('our own document: what it says goes before what is derived', () => {
    const own = `${OWN}auditPeriod: 1m\ndrainDeadline: 0s\nlogLevel: warn\nadopt: true\nserviceProxyName: side\nvipBinding: routes\nlocalhostNodePorts: true\nperServiceMetrics: {enabled: false}\nserveHealth: false\n`;
    const { settings } = read(`${PROXY}ipvs: {syncPeriod: 45s}\nlogging: {verbosity: 9}\n---\n${own}`);
    expect(settings).toMatchObject({
      auditPeriod: 60,
      drainDeadline: 0,
      vipBinding: 'routes',
      logLevel: 'warn',
      adopt: true,
      serviceProxyName: 'side',
      nodePorts: { localhostRelay: true },
      perServiceMetrics: { enabled: false, maxServicePorts: 100 },
      serving: { health: undefined },
    });
  });
});

describe('without a file', () => {
  it('flags alone are enough, and a folder of manifests needs no node name', () => {
    const { settings, warnings } = read(undefined, {
      manifests: 'm',
      'drain-deadline': '1.5',
      'cluster-cidr': '10.244.0.0/16,FD00:0:0::/48',
    });
    expect(settings).toMatchObject({
      source: { kind: 'manifests', folder: 'm' },
      nodeName: undefined,
      drainDeadline: 1.5,
      localDetection: { cidrs: ['10.244.0.0/16', 'fd00::/48'] },
    });
    expect(warnings).toEqual([]);
  });

  it('an empty address or port 0 turns a server off', () => {
    const { settings } = read(undefined, { 'healthz-port': '0', 'metrics-bind-address': '' });
    expect(settings.serving).toEqual({ health: undefined, metrics: undefined, bindHardFail: false });
    expect(read(undefined, { 'healthz-port': '8080' }).settings.serving.health).toBe('0.0.0.0:8080');
  });
});

describe('beside a file', () => {
  it("kube-proxy's flags are ignored and named in one warning; ours, the logging flags and the node name count", () => {
    const { settings, warnings } = read(PROXY, {
      'ipvs-scheduler': 'wrr',
      'cluster-cidr': '10.0.0.0/8',
      v: '4',
      adopt: 'true',
      'node-name': 'b',
    });
    expect(settings).toMatchObject({
      scheduler: 'rr',
      localDetection: { kind: 'none' },
      logLevel: 'debug',
      adopt: true,
      nodeName: 'b',
    });
    expect(warnings).toEqual([
      'Ignored beside --config, as in kube-proxy: --ipvs-scheduler, --cluster-cidr. Write them into config.conf.',
    ]);
  });

  it('fields and flags that change nothing are named in one warning with the reason', () => {
    const { warnings } = read(`${PROXY}iptables: {masqueradeBit: 3}\nwinkernel: {enableDSR: true}\n`, {
      'log-dir': '/x',
    });
    expect(warnings).toEqual([
      'Set, but without effect here: iptables.masqueradeBit (connections are masqueraded by where they were going, which takes no mark); winkernel.enableDSR (it is for Windows); --log-dir (the log goes to standard output as JSON).',
    ]);
  });
});

describe('NodePorts of loopback addresses', () => {
  it.each(['localhost', '127.0.0.1/32', '::1/128'])('%s asks for the relay', (address) => {
    const text = `${PROXY}nodePortAddresses: ["${address}"]\n`;
    expect(read(text).warnings).toEqual([
      `nodePortAddresses names ${address}, which IPVS cannot balance. Set localhostNodePorts: true in KubeIpvsProxyConfiguration.`,
    ]);
    expect(read(`${text}---\n${OWN}localhostNodePorts: true\n`).warnings).toEqual([]);
  });
});

describe('what is wrong is reported', () => {
  const wrong = (text: string) => complaints(() => read(text, {}, true));

  it('all at once, each with field, what was found, what was expected and what would mend it', () => {
    const text = `${PROXY.replace('ipvs', 'nftables')}ipvs: {scheduller: rr, excludeCIDRs: [10.0.0.0/8, 10.0.0.0/33], syncPeriod: 5s, minSyncPeriod: 60s}\nclusterCidr: x\nscheduler: rr\nconntrack: 7\n---\n${OWN}adopt: sure\n`;
    expect(wrong(text).sort()).toEqual(
      [
        'config.conf, mode: "nftables" was found, expected one of "", ipvs. Write ipvs; for another mode keep kube-proxy itself.',
        'config.conf, ipvs.scheduller: is no field of KubeProxyConfiguration. Write ipvs.scheduler if that is meant, or remove it.',
        'config.conf, ipvs.excludeCIDRs[1]: "10.0.0.0/33" was found, expected a CIDR such as 10.0.0.0/8. Correct it, or leave it out for the default.',
        'config.conf, ipvs.minSyncPeriod: 60s was found, expected at most ipvs.syncPeriod, which is 5s. Make it shorter, or ipvs.syncPeriod longer.',
        'config.conf, clusterCidr: is no field of KubeProxyConfiguration. Write clusterCIDR if that is meant, or remove it.',
        'config.conf, scheduler: is no field of KubeProxyConfiguration. Write ipvs.scheduler if that is meant, or remove it.',
        'config.conf, conntrack: 7 was found, expected a mapping of fields. Correct it, or leave it out for the default.',
        'config.conf, adopt: "sure" was found, expected true or false. Correct it, or leave it out for the default.',
      ].sort(),
    );
  });

  it.each([
    ['ipvs: {syncPeriod: 30}', 'ipvs.syncPeriod: 30 was found, expected a duration'],
    ['ipvs: {tcpTimeout: -1s}', 'ipvs.tcpTimeout: "-1s" was found, expected a duration'],
    ['ipvs: {scheduler: RR!}', 'ipvs.scheduler: "RR!" was found, expected the name of an IPVS scheduler'],
    ['ipvs: {strictARP: "yes"}', 'ipvs.strictARP: "yes" was found, expected true or false'],
    ['ipvs: [rr]', 'ipvs: a list of 1 was found, expected a mapping'],
    [
      'iptables: {masqueradeBit: 32}',
      'iptables.masqueradeBit: 32 was found, expected a whole number from 0 to 31',
    ],
    ['oomScoreAdj: 1.5', 'oomScoreAdj: 1.5 was found, expected a whole number from -1000 to 1000'],
    [
      'healthzBindAddress: 0.0.0.0:70000',
      'healthzBindAddress: "0.0.0.0:70000" was found, expected an IP address and port',
    ],
    ['bindAddress: localhost', 'bindAddress: "localhost" was found, expected an IP address'],
    [
      'clusterCIDR: 10.0.0.0/8,10.1.0.0/16',
      'clusterCIDR: "10.0.0.0/8,10.1.0.0/16" was found, expected a CIDR',
    ],
    ['clusterCIDR: 010.0.0.0/8', 'clusterCIDR: "010.0.0.0/8" was found'],
    [
      'nodePortAddresses: [secondary]',
      'nodePortAddresses[0]: "secondary" was found, expected a CIDR or one of primary',
    ],
    ['featureGates: {A: maybe}', 'featureGates: an object was found, expected names with true or false'],
    ['detectLocalMode: BridgeInterface', 'detectLocal.bridgeInterface: nothing was found, expected a name'],
    ['detectLocalMode: Guess', 'detectLocalMode: "Guess" was found, expected one of "", ClusterCIDR'],
    ['hostnameOverride: 7', "hostnameOverride: 7 was found, expected a Node's name"],
    ['hostnameOverride: $(NODE_NAME)', 'hostnameOverride: "$(NODE_NAME)" was found'],
    ['portRange: 7', 'portRange: 7 was found, expected a text'],
    ['"__proto__": {a: 1}', '__proto__: is no field'],
  ])('%s', (text, expected) => {
    const reported = wrong(`${PROXY}${text}\n`);
    expect(reported).toEqual([expect.stringContaining(`config.conf, ${expected}`)]);
  });

  it('of a flag by the name of the flag', () => {
    expect(complaints(() => read(undefined, { 'ipvs-scheduler': 'RR!' }))).toEqual([
      expect.stringMatching(/^the command line, --ipvs-scheduler: "RR!" was found/),
    ]);
  });
});
