/** Where a server listens. */
export interface BindAddress {
  /** Undefined: every address of the machine, of both families where it has both. */
  readonly host: string | undefined;
  /** 0: one that is free. */
  readonly port: number;
}

/**
 * `0.0.0.0:10256`, `[::1]:10249` or `:10249` as a place to listen; undefined for the empty text, which switches a server off.
 * Go listens on both families for `0.0.0.0` and for `[::]` alike, so kube-proxy's configurations mean that by either.
 */
export function bindAddress(text: string): BindAddress | undefined {
  if (text === '') return undefined;
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535)
    throw new RangeError(`'${text}' is no address to listen on. Write it as 0.0.0.0:10256 or [::]:10256.`);
  const host = match[1] ?? match[2] ?? '';
  return { host: EVERYWHERE.has(host) ? undefined : host, port };
}

const EVERYWHERE: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

export function bindAddressText({ host = '*', port }: BindAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
