import { type Address, type Family, familyOf } from '../model/address.js';
import { type Cidr, cidrContains, cidrFrom, withoutContained } from '../model/cidr.js';
import { allowedSources, type Service } from '../model/service.js';
import type { NodeView } from './node-view.js';

/** Ranges by text, as nftables can hold them: none lies in another. */
export type SourceList = ReadonlyMap<string, Cidr>;

/** Those of a family: undefined where everybody is allowed. */
interface FamilyList {
  readonly ranges: SourceList;
  /** Whether the node's own clients are allowed. */
  readonly isNodeIn: boolean;
}

/**
 * The clients allowed at the load balancer's addresses of one Service. A Service may have ten thousand ranges, and
 * hundreds of ports and addresses to restrict: the ranges are gone through once for each family, and every frontend
 * shares the result.
 */
export class SourceLists {
  readonly #service: Service;
  readonly #node: NodeView;
  readonly #families = new Map<Family, FamilyList | undefined>();

  constructor(service: Service, node: NodeView) {
    this.#service = service;
    this.#node = node;
  }

  /**
   * Undefined for everybody. The node's own clients have the address itself as their source, since it is local: they
   * are in where the node is.
   */
  at(address: Address): SourceList | undefined {
    const list = this.#ofFamily(familyOf(address));
    if (list === undefined) return undefined;
    const { ranges, isNodeIn } = list;
    if (!isNodeIn || containsAddress(ranges, address)) return ranges;
    const self = cidrFrom(address, familyOf(address) === 'IPv4' ? 32 : 128);
    return new Map(ranges).set(self.text, self);
  }

  #ofFamily(family: Family): FamilyList | undefined {
    if (!this.#families.has(family))
      this.#families.set(family, familyList(this.#service, family, this.#node));
    return this.#families.get(family);
  }
}

// As in kube-proxy that goes by the addresses that the Node object names: a range of pods has an address of the node
// too, and does not mean the node.
function familyList(service: Service, family: Family, node: NodeView): FamilyList | undefined {
  const allowed = allowedSources(service, family);
  if (allowed === undefined) return undefined;
  const ranges = new Map(withoutContained(allowed).map((cidr) => [cidr.text, cidr]));
  const own = node.named.length > 0 ? node.named : node.addresses;
  return { ranges, isNodeIn: own.some((address) => containsAddress(ranges, address)) };
}

function containsAddress(ranges: SourceList, address: Address): boolean {
  for (const range of ranges.values()) if (cidrContains(range, address)) return true;
  return false;
}
