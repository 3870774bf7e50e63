import type { Address } from './address.js';

/** This program's own Node, reduced to what a proxy needs. */
export interface NodeRecord {
  readonly name: string;
  /** Tells a Node that was deleted and made anew under the same name. */
  readonly uid: string;
  /** `status.addresses` of type InternalIP first, then ExternalIP; host names are left out. */
  readonly addresses: readonly Address[];
  /** `spec.podCIDRs`, for the local detection mode NodeCIDR. */
  readonly podCIDRs: readonly string[];
  /** `status.daemonEndpoints.kubeletEndpoint.Port`; undefined where the kubelet has not said it. */
  readonly kubeletPort?: number | undefined;
  /** Label topology.kubernetes.io/zone; undefined where it is missing, and then no zone is preferred. */
  readonly zone: string | undefined;
  /** Whether load balancers may still send traffic here: KEP-3836. */
  readonly eligible: boolean;
}
