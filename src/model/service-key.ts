/** The name of one Service, `namespace/name`. */
export type ServiceKey = string & { readonly __brand: 'ServiceKey' };

export function serviceKey(namespace: string, name: string): ServiceKey {
  return `${namespace}/${name}` as ServiceKey;
}

/** The API server's own Service. It is programmed before all others, because pods need it to start at all. */
export const API_SERVER_SERVICE = serviceKey('default', 'kubernetes');
