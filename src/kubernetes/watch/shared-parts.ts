import type { EndpointPort, EndpointSlice } from '../../model/endpoint-slice.js';

/** Port lists, and names, that are shared at most. */
const MOST = 20_000;

/**
 * What thousands of slices repeat, kept once: names of nodes, and port lists, which are the same in all slices of most
 * clusters. Without it every endpoint has a copy of its own, since each comes from a text of its own.
 */
export class SharedParts {
  readonly #texts = new Map<string, string>();
  readonly #ports = new Map<string, readonly EndpointPort[]>();

  inSlice(slice: EndpointSlice): EndpointSlice {
    const endpoints = slice.endpoints.map((endpoint) =>
      endpoint.node === undefined ? endpoint : { ...endpoint, node: this.#text(endpoint.node) },
    );
    return { ...slice, ports: this.#portList(slice.ports), endpoints };
  }

  #text(text: string): string {
    return keptOr(this.#texts, text, text);
  }

  #portList(ports: readonly EndpointPort[]): readonly EndpointPort[] {
    return keptOr(this.#ports, JSON.stringify(ports), ports);
  }
}

function keptOr<V>(kept: Map<string, V>, key: string, value: V): V {
  const known = kept.get(key);
  if (known !== undefined) return known;
  // Nodes that are long gone must not stay for ever. To begin anew costs a second copy of what is in use, once.
  if (kept.size === MOST) kept.clear();
  kept.set(key, value);
  return value;
}
