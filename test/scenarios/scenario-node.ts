import { parse } from 'yaml';
import type { NodeProfile } from '../../src/desired/node-view.js';
import { type Address, type Family, parseAddress } from '../../src/model/address.js';
import type { NodeRecord } from '../../src/model/node.js';

/** The body of a section `node`; what it leaves out is as before the first one. */
interface NodeText {
  readonly name?: string;
  readonly zone?: string;
  /** What the kernel has. */
  readonly addresses?: readonly string[];
  /** What the Node object names; `addresses` unless said. */
  readonly named?: readonly string[];
  readonly families?: readonly Family[];
  readonly scheduler?: string;
  readonly nodePortAddresses?: readonly string[];
}

/** What is settled at the start of the agent. */
export function nodeProfile(yaml = ''): Partial<NodeProfile> {
  const { name, families, scheduler, nodePortAddresses } = read(yaml);
  return {
    ...(name !== undefined && { name }),
    ...(families !== undefined && { families }),
    ...(scheduler !== undefined && { scheduler }),
    ...(nodePortAddresses !== undefined && { nodePorts: nodePortAddresses }),
    stickyScheduler: 'mh',
  };
}

/** What the cluster says of the node. */
export function nodeRecord(yaml: string): NodeRecord {
  const { name = 'node-1', zone, addresses, named = addresses } = read(yaml);
  return { name, uid: name, zone, addresses: canonical(named), podCIDRs: [], eligible: true };
}

/** The addresses that its kernel has. */
export function ownAddresses(yaml: string): Address[] {
  return canonical(read(yaml).addresses);
}

function canonical(texts: readonly string[] = []): Address[] {
  return texts.map((text) => {
    const address = parseAddress(text);
    if (address === undefined) throw new Error(`'${text}' is no address`);
    return address;
  });
}

function read(yaml: string): NodeText {
  return (parse(yaml) ?? {}) as NodeText;
}
