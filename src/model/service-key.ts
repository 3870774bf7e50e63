/** The name of one Service, `namespace/name`. */
export type ServiceKey = string & { readonly __brand: 'ServiceKey' };

export function serviceKey(namespace: string, name: string): ServiceKey {
  return objectName(namespace, name) as ServiceKey;
}

/**
 * `namespace/name`. Joined, since V8 keeps what a template makes as a pair of its parts: three objects in memory instead
 * of one, for each of tens of thousands of names.
 */
export function objectName(namespace: string, name: string): string {
  return [namespace, name].join('/');
}

/** Neither of them contains `/` or `:` (RFC 1123 labels). */
export function keyParts(key: ServiceKey): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = ''] = key.split('/', 2);
  return { namespace, name };
}

/** The Service of an owner as the ledger has it, `namespace/name:port`. */
export function serviceOfOwner(owner: string): ServiceKey {
  return (owner.split(':', 1)[0] ?? owner) as ServiceKey;
}

/** The API server's own Service. It is programmed before all others, because pods need it to start at all. */
export const API_SERVER_SERVICE = serviceKey('default', 'kubernetes');
