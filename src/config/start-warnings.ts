import { defaultDocuments } from './checked-documents.js';
import type { Documents } from './completed-documents.js';
import type { RawDocuments } from './config-documents.js';
import type { GivenFlag } from './given-flags.js';
import { EXTERNAL_IPS_GATE } from './settings-from-documents.js';
import { withoutEffect } from './without-effect.js';

interface GivenConfiguration {
  /** Path of `--config`; undefined: flags alone. */
  readonly file: string | undefined;
  /** What the file says, without any flag. */
  readonly raw: RawDocuments;
  readonly flags: readonly GivenFlag[];
  /** Flags that the file outranks. */
  readonly ignored: readonly GivenFlag[];
  readonly documents: Documents;
}

/** What was accepted and is not done as it reads, one sentence each. */
export function startWarnings(given: GivenConfiguration): string[] {
  const idle = given.flags.filter(({ flag }) => flag.field === undefined);
  const sentences = [
    ignoredFlags(given),
    emptyMode(given.raw),
    loopbackNodePorts(given.documents),
    withoutEffect(given.documents, defaultDocuments(), [
      ...idleGates(given.documents),
      ...ownAddress(given.documents),
      ...idle.map(({ flag }) => `--${flag.name} (${flag.because})`),
    ]),
  ];
  return sentences.filter((sentence) => sentence !== undefined);
}

function ignoredFlags({ ignored, file }: GivenConfiguration): string | undefined {
  const names = ignored.map(({ flag }) => `--${flag.name}`).join(', ');
  return names === ''
    ? undefined
    : `Ignored beside --config, as in kube-proxy: ${names}. Write them into ${file}.`;
}

function idleGates({ proxy }: Documents): string[] {
  const gates = Object.keys(proxy.featureGates).filter((gate) => gate !== EXTERNAL_IPS_GATE);
  if (gates.length === 0) return [];
  return [
    `featureGates ${gates.join(', ')} (what they open in kube-proxy is decided here by the program alone)`,
  ];
}

// Its family decides where health and metrics answer by default, also where the address is a certain one.
function ownAddress({ proxy: { bindAddress } }: Documents): string[] {
  if (['', '0.0.0.0'].includes(bindAddress) || bindAddress.includes(':')) return [];
  return ["bindAddress (the node's addresses are those of its interfaces and of its Node object)"];
}

// Flags alone are no statement about the mode; a document of kube-proxy is.
function emptyMode({ proxy }: RawDocuments): string | undefined {
  return proxy === undefined || (proxy.mode ?? '') !== ''
    ? undefined
    : 'mode is empty, for which kube-proxy takes iptables; this program balances by IPVS all the same. Write mode: ipvs.';
}

function loopbackNodePorts({ proxy, own }: Documents): string | undefined {
  const loopback = proxy.nodePortAddresses.filter((text) => /^(localhost$|127\.|::1\/)/.test(text));
  return loopback.length === 0 || own.localhostNodePorts
    ? undefined
    : `nodePortAddresses names ${loopback.join(', ')}, which IPVS cannot balance. Set localhostNodePorts: true in KubeIpvsProxyConfiguration.`;
}
