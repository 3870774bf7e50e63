import { type Address, familyOf } from '../model/address.js';
import { cidrContains, parseCidr, parsedCidrs } from '../model/cidr.js';
import { type ClusterFacts, NO_FACTS } from '../model/cluster-facts.js';
import type { FrontendKey } from '../model/frontend.js';
import { movedAddresses, NO_OTHER_NODES, type NodeRecord } from '../model/node.js';
import {
  movedReservations,
  NOTHING_RESERVED,
  type ReservedAddress,
  reservedAddresses,
} from '../model/reserved-address.js';
import type { ServiceKey } from '../model/service-key.js';
import { type NodePortRule, type NodeProfile, type NodeView, sameAddresses } from './node-view.js';

/** Which Services a change of this node concerns. */
export interface NodeChange {
  /** Any, since endpoints are chosen by what has changed. */
  readonly all: boolean;
  /** Those with ways from outside. */
  readonly external: boolean;
  /** Those that claim one of these, or have it as an endpoint. */
  readonly addresses: readonly Address[];
}

/** What of a view is no fact of the node, but asks all Services. */
interface SharedAnswers {
  markOf(view: FrontendKey): number;
  takeHashTables(service: ServiceKey, count: number): boolean;
  holderOf(allocation: Address | number, claimant: ServiceKey): ServiceKey | undefined;
}

const NO_ADDRESSES: readonly Address[] = [];

/** What is known of this node; each change says which Services it concerns. */
export class NodeFacts {
  #view: NodeView;
  #reserved: readonly ReservedAddress[] = [];
  #cluster = NO_FACTS;

  constructor(profile: NodeProfile, answers: SharedAnswers) {
    this.#view = { ...profile, ...NOTHING_KNOWN, ...answers };
  }

  /** Another object after each change. */
  get view(): NodeView {
    return this.#view;
  }

  setAddresses(addresses: readonly Address[]): NodeChange {
    return this.#moveTo({ ...this.#view, addresses });
  }

  /** What the cluster says; what of it is the same object as before costs nothing. */
  setCluster(facts: ClusterFacts): NodeChange {
    const before = this.#cluster;
    this.#cluster = facts;
    const { node, otherNodes, serverAddresses } = facts;
    return together([
      node === before.node ? NO_CHANGE : this.#setRecord(node),
      otherNodes === before.otherNodes ? NO_CHANGE : this.#setOtherNodes(otherNodes),
      serverAddresses === before.serverAddresses ? NO_CHANGE : this.#setReserved(),
    ]);
  }

  /** Which addresses this node itself knows to be needed. */
  setReserved(list: readonly ReservedAddress[]): NodeChange {
    this.#reserved = list;
    return this.#setReserved();
  }

  /** On which addresses and ports processes of the node listen. */
  setListeners(listeners: ReadonlySet<FrontendKey>): void {
    this.#view = { ...this.#view, listeners };
  }

  #setRecord(node: NodeRecord | undefined): NodeChange {
    return this.#moveTo({
      ...this.#view,
      zone: node?.zone,
      named: node?.addresses ?? [],
      podRanges: parsedCidrs(node?.podCIDRs ?? []),
      kubeletPort: node?.kubeletPort ?? 0,
    });
  }

  #setOtherNodes(others: ClusterFacts['otherNodes']): NodeChange {
    const addresses = movedAddresses(this.#view.others, others);
    this.#view = { ...this.#view, others };
    return { all: false, external: false, addresses };
  }

  #setReserved(): NodeChange {
    const reserved = reservedAddresses(this.#reserved, this.#cluster.serverAddresses);
    const addresses = movedReservations(this.#view.reserved, reserved);
    this.#view = { ...this.#view, reserved };
    return { all: false, external: false, addresses };
  }

  // Addresses matter to Services with ways from outside only; name and zone to everyone's choice of endpoints.
  #moveTo(node: NodeView): NodeChange {
    const before = this.#view;
    const portAddresses = nodePortAddresses(node.nodePorts, node.addresses, node.named);
    this.#view = { ...node, portAddresses };
    const all = node.zone !== before.zone;
    return { all, external: !sameAddresses(this.#view, before), addresses: NO_ADDRESSES };
  }
}

const NO_CHANGE: NodeChange = { all: false, external: false, addresses: NO_ADDRESSES };

function together(changes: readonly NodeChange[]): NodeChange {
  return {
    all: changes.some(({ all }) => all),
    external: changes.some(({ external }) => external),
    addresses: changes.flatMap(({ addresses }) => addresses),
  };
}

const NOTHING_KNOWN: Omit<NodeView, keyof NodeProfile | keyof SharedAnswers> = {
  addresses: [],
  portAddresses: [],
  named: [],
  others: NO_OTHER_NODES,
  listeners: new Set(),
  reserved: NOTHING_RESERVED,
  podRanges: [],
  kubeletPort: 0,
};

/**
 * The addresses that carry NodePorts. `named` are those of the Node object, in its order.
 * As in kube-proxy, CIDRs speak of their own family: a family that no rule names shows its NodePorts nowhere.
 */
function nodePortAddresses(
  rule: NodePortRule,
  own: readonly Address[],
  named: readonly Address[],
): Address[] {
  if (rule.length === 0) return [...own];
  const chosen = new Set(rule.flatMap((entry) => addressesOf(entry, own, named)));
  return own.filter((address) => chosen.has(address));
}

function addressesOf(entry: string, own: readonly Address[], named: readonly Address[]): readonly Address[] {
  if (entry === 'all') return own;
  if (entry === 'localhost') return [];
  if (entry === 'primary') return primary(own, named);
  const cidr = parseCidr(entry);
  return cidr === undefined ? [] : own.filter((address) => cidrContains(cidr, address));
}

function primary(own: readonly Address[], named: readonly Address[]): Address[] {
  const candidates = named.filter((address) => own.includes(address));
  return (['IPv4', 'IPv6'] as const).flatMap(
    (family) => candidates.find((address) => familyOf(address) === family) ?? [],
  );
}
