import type { Login } from '../../src/kubernetes/login/login.js';
import { AUTHORITY } from './https-server.js';

/** A login with a token that trusts the authority of the test servers. */
export function loginTo(url: string, change: Partial<Login> = {}): Login {
  return {
    server: new URL(url),
    headers: { authorization: 'Bearer token-1' },
    authority: { text: Buffer.from(AUTHORITY.cert), place: { subject: 'kubeconfig "k"', field: 'ca.crt' } },
    verify: true,
    serverName: undefined,
    pair: undefined,
    proxy: undefined,
    gzip: true,
    ...change,
  };
}
