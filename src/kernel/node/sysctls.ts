import { readFileSync, writeFileSync } from 'node:fs';
import type { SysctlFact } from '../../model/kernel-facts.js';
import { codeOf, readIfThere } from './node-files.js';
import type { ConntrackSetUp, IpvsSetUp, NodeSetUp } from './node-set-up.js';

interface Sysctl {
  /** Path below /proc/sys. */
  readonly path: string;
  readonly value: string;
  /** What goes wrong unless it is set; ends the sentence "cannot set …, so". */
  readonly without: string;
}

/** What IPVS needs to behave as the Service API expects (Documentation/networking/ipvs-sysctl.rst). */
export const REQUIRED_SYSCTLS: readonly Sysctl[] = [
  {
    path: 'net/ipv4/vs/conntrack',
    value: '1',
    without: 'IPVS traffic is neither masqueraded nor refused as it should be',
  },
  {
    path: 'net/ipv4/vs/expire_nodest_conn',
    value: '1',
    without: 'connections of a removed server hang instead of ending',
  },
  {
    path: 'net/ipv4/vs/expire_quiescent_template',
    value: '1',
    without: 'session affinity holds on to a server that drains',
  },
  { path: 'net/ipv4/ip_forward', value: '1', without: 'replies of pods do not pass through this node' },
];

/** Asked for of a node with Services of IPv6; the agent leaves it alone. */
export const IPV6_FORWARDING: Sysctl = {
  path: 'net/ipv6/conf/all/forwarding',
  value: '1',
  without: 'replies of pods do not pass through this node over IPv6',
};

/** Rejects where one is there and cannot be read: whoever asks says so. */
export function readSysctls(
  proc: string,
  sysctls: readonly Sysctl[] = REQUIRED_SYSCTLS,
): Promise<SysctlFact[]> {
  return Promise.all(
    sysctls.map(async ({ path, value: expected, without }) => ({
      name: path.replaceAll('/', '.'),
      value: await readIfThere(`${proc}/sys/${path}`),
      expected,
      without,
    })),
  );
}

interface SysctlReport {
  /** Assignments that were made, `net.ipv4.ip_forward=1`. */
  readonly written: readonly string[];
  /** What could not be read or written; the work goes on, as on nodes where /proc/sys is read-only. */
  readonly warnings: readonly string[];
}

/**
 * `root`: `/proc/sys`. Writes only what differs: without privileges /proc/sys is read-only, and an init container has
 * already done it. The audit asks every few seconds: read asynchronously, each of these files costs four hand-overs
 * between threads, and reading one never waits.
 */
export function setSysctls(root: string, sysctls: readonly Sysctl[] = REQUIRED_SYSCTLS): SysctlReport {
  const written: string[] = [];
  const warnings: string[] = [];
  for (const sysctl of sysctls) {
    try {
      if (writeIfOther(`${root}/${sysctl.path}`, sysctl.value)) written.push(assignment(sysctl));
    } catch (error) {
      warnings.push(`cannot set ${assignment(sysctl)} (${codeOf(error)}), so ${sysctl.without}`);
    }
  }
  return { written, warnings };
}

/** Whether it had to be written. */
function writeIfOther(file: string, value: string): boolean {
  if (readFileSync(file, 'latin1').trim() === value) return false;
  writeFileSync(file, value);
  return true;
}

function assignment({ path, value }: Sysctl): string {
  return `${path.replaceAll('/', '.')}=${value}`;
}

/** What the values depend on besides the settings. */
interface NodeFacts {
  /** `uname -r`. */
  readonly release: string;
  readonly processors: number;
}

/** The sysctls that the settings ask for, beyond those that are always required. */
export function nodeSysctls(settings: NodeSetUp, facts: NodeFacts): Sysctl[] {
  return [
    ...reuseMode(facts.release),
    ...conntrackSysctls(settings.conntrack, facts.processors),
    ...ipvsSysctls(settings.ipvs),
    ...(settings.strictArp ? STRICT_ARP : []),
  ];
}

/** Entries for the whole node; 0 leaves the limit alone. */
export function conntrackMax({ maxPerCore, min }: ConntrackSetUp, processors: number): number {
  return maxPerCore === 0 ? 0 : Math.max(min, maxPerCore * processors);
}

// Answering is refused by a rule (arp-table.ts). Which address a request of our own carries, no rule can choose.
const STRICT_ARP: readonly Sysctl[] = [
  {
    path: 'net/ipv4/conf/all/arp_announce',
    value: '2',
    without: 'this node may ask for neighbours with an address of kube-ipvs0 as its own',
  },
];

/**
 * A client that uses a source port again while IPVS still knows its last connection. Since 5.9 the kernel schedules it
 * anew with mode 1 (and with conntrack on without losing the SYN); before, mode 1 cost a second, and mode 0 sends the
 * client to the old server even if it drains (kubernetes/kubernetes#81775). Before 4.1 there is no such sysctl.
 */
function reuseMode(release: string): Sysctl[] {
  const version = kernelVersion(release);
  if (version === undefined || isBefore(version, [4, 1])) return [];
  const path = 'net/ipv4/vs/conn_reuse_mode';
  return isBefore(version, [5, 9])
    ? [{ path, value: '0', without: 'clients that use a source port again wait a second' }]
    : [{ path, value: '1', without: 'clients that use a source port again may meet a server that is gone' }];
}

function conntrackSysctls(settings: ConntrackSetUp, processors: number): Sysctl[] {
  const { tcpEstablishedTimeout, tcpCloseWaitTimeout, udpTimeout, udpStreamTimeout, tcpBeLiberal } = settings;
  const max = conntrackMax(settings, processors);
  const values = [
    ['max', max, 'connections beyond the present limit are dropped'],
    ['tcp_timeout_established', tcpEstablishedTimeout, 'idle connections are forgotten at another time'],
    ['tcp_timeout_close_wait', tcpCloseWaitTimeout, 'half-closed connections are forgotten at another time'],
    ['udp_timeout', udpTimeout, 'UDP flows without an answer are forgotten at another time'],
    ['udp_timeout_stream', udpStreamTimeout, 'UDP flows are forgotten at another time'],
    ['tcp_be_liberal', tcpBeLiberal ? 1 : 0, 'segments outside the window are taken for invalid'],
  ] as const;
  return values
    .filter(([, value]) => value > 0)
    .map(([name, value, without]) => ({
      path: `net/netfilter/nf_conntrack_${name}`,
      value: String(value),
      without,
    }));
}

function ipvsSysctls(settings: IpvsSetUp): Sysctl[] {
  const { estimation, estimationCpus, estimationNice, connectionLoadFactor, serviceLoadFactor } = settings;
  const values = [
    ['run_estimation', estimation ? undefined : 0, 'the kernel goes on estimating rates'],
    ['est_cpulist', estimationCpus, 'the estimators run on any processor'],
    ['est_nice', estimationNice, 'the estimators keep their priority'],
    ['conn_lfactor', connectionLoadFactor, 'the connection table keeps its size rule'],
    ['svc_lfactor', serviceLoadFactor, 'the table of virtual servers keeps its size rule'],
  ] as const;
  return values.flatMap(([name, value, without]) =>
    value === undefined ? [] : [{ path: `net/ipv4/vs/${name}`, value: String(value), without }],
  );
}

type Version = readonly [major: number, minor: number];

/** Of `6.1.0-18-amd64`; undefined where the text does not begin with two numbers. */
function kernelVersion(release: string): Version | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}

function isBefore([major, minor]: Version, [otherMajor, otherMinor]: Version): boolean {
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}
