/**
 * How the operator wants traffic of pods and traffic from outside to be told apart. none: no such distinction.
 * cluster-cidrs: the pods' addresses, one CIDR a family. node-cidr: the Node's own `podCIDRs`. The last two go by the
 * interface a packet came in on.
 */
export type LocalDetection =
  | { readonly kind: 'none' }
  | { readonly kind: 'cluster-cidrs'; readonly cidrs: readonly string[] }
  | { readonly kind: 'node-cidr' }
  | { readonly kind: 'bridge-interface'; readonly name: string }
  | { readonly kind: 'interface-name-prefix'; readonly prefix: string };

/**
 * How a pod's packet and one of a client outside the cluster are told apart. The node's own processes always count as
 * inside. unknown: no client is masqueraded for being outside, and no pod gets the view of clients inside.
 * pods-of-this-node: where no setting says how to tell them apart: such a pod gets the view of clients inside, but who
 * is not one of them may be a pod all the same, and is masqueraded for nothing. interfaces: the name of the interface
 * by which pods' packets arrive, `cni0`, or its beginning, `veth*`.
 */
export type InsideClients =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'addresses' | 'pods-of-this-node'; readonly cidrs: readonly string[] }
  | { readonly kind: 'interfaces'; readonly name: string };
