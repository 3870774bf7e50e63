import type { Address } from './address.js';
import type { EndpointSlice } from './endpoint-slice.js';

/**
 * Which Nodes have endpoints none of which serves. So it is where the control plane has given up a Node (its pods are no
 * longer ready, but not deleted yet), and where the one pod on it fails its probe. A change costs what its slice holds.
 */
export class NodeEndpoints {
  /** Endpoints that serve, by Node; never zero. */
  readonly #serving = new Map<string, number>();
  /** The Nodes of endpoints that do not serve: one for each slice that shows the address. */
  readonly #stopped = new Map<Address, readonly string[]>();

  add({ endpoints }: EndpointSlice): void {
    for (const { node, serving, address } of endpoints)
      if (node !== undefined) {
        if (serving) this.#count(node, 1);
        else this.#stopped.set(address, [...(this.#stopped.get(address) ?? []), node]);
      }
  }

  remove({ endpoints }: EndpointSlice): void {
    for (const { node, serving, address } of endpoints)
      if (node !== undefined) {
        if (serving) this.#count(node, -1);
        else this.#forget(address, node);
      }
  }

  /** The Node of an endpoint that does not serve, if nothing on that Node does. */
  stoppedNodeOf(address: Address): string | undefined {
    const nodes = this.#stopped.get(address) ?? [];
    const [node] = nodes;
    const isOne = node !== undefined && nodes.every((other) => other === node);
    return isOne && !this.#serving.has(node) ? node : undefined;
  }

  #count(node: string, change: 1 | -1): void {
    const count = (this.#serving.get(node) ?? 0) + change;
    if (count === 0) this.#serving.delete(node);
    else this.#serving.set(node, count);
  }

  #forget(address: Address, node: string): void {
    const nodes = [...(this.#stopped.get(address) ?? [])];
    nodes.splice(nodes.indexOf(node), 1);
    if (nodes.length === 0) this.#stopped.delete(address);
    else this.#stopped.set(address, nodes);
  }
}
