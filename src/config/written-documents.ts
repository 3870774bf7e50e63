import { stringify } from 'yaml';
import type { Documents } from './completed-documents.js';

/** The file for `--write-config-to`: both documents, every field and every default. Read back it means the same. */
export function writtenDocuments({ proxy, own }: Documents): string {
  return [readableByAll(proxy), own].map((document) => stringify(document)).join('---\n');
}

// Two fields that only some releases of kube-proxy know, left out where they say nothing.
function readableByAll(proxy: Documents['proxy']): object {
  const { udpIdleTimeout, iptables } = proxy;
  return {
    ...proxy,
    iptables: { ...iptables, snatNodeInternalIP: iptables.snatNodeInternalIP || undefined },
    udpIdleTimeout: udpIdleTimeout === '0s' ? undefined : udpIdleTimeout,
  };
}
