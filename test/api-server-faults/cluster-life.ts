import type { ApiServer } from '../../lab/api-server/api-server.js';
import type { ApiObject } from '../../lab/api-server/stored-object.js';

type Store = ApiServer['store'];

/** A small cluster: Services to be changed, deleted, made anew and scaled to zero, and one that nothing happens to. */
export function populate(store: Store): void {
  store.create('nodes', { metadata: { name: 'node-1' }, status: { addresses: [] } });
  for (const [index, name] of ['web', 'old', 'zero', 'calm'].entries()) {
    store.create('services', service(name, `10.96.0.${index + 1}`));
    store.create('endpointslices', slice(name, [`10.244.1.${index + 1}`, `10.244.2.${index + 1}`]));
  }
  // Made anew later under another address. Without pods: slices and Services come by different watches, in any order.
  store.create('services', service('again', '10.96.0.10'));
  store.create('endpointslices', slice('again', []));
}

/** What one day may bring, all of it while the fault lasts. No state that was left is ever come back to. */
export function change(store: Store): void {
  store.create('services', service('new', '10.96.0.20'));
  store.create('endpointslices', slice('new', ['10.244.1.20']));
  store.update('endpointslices', slice('web', ['10.244.1.1', '10.244.3.1']));
  store.delete('services', 'default/old');
  store.delete('endpointslices', 'default/old-a');
  store.delete('services', 'default/again');
  store.create('services', service('again', '10.96.0.30'));
  store.update('endpointslices', slice('zero', []));
}

/** Hundreds of changes that are no business of a proxy, but count. */
export function passTime(store: Store): void {
  for (let index = 0; index < 300; index++)
    store.create('events', { metadata: { name: `event-${store.resourceVersion}`, namespace: 'default' } });
}

export function service(name: string, clusterIP: string): ApiObject {
  return {
    metadata: { name, namespace: 'default' },
    spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
  };
}

export function slice(name: string, addresses: readonly string[]): ApiObject {
  return {
    metadata: { name: `${name}-a`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
}
