import type { Right } from './access.js';
import type { ApiServer } from './api-server.js';
import { type ClusterSize, fillCluster } from './cluster-content.js';
import type { Target, WrongAnswer, WrongLine } from './faults.js';
import type { Features } from './request-desk.js';
import type { ResourceName } from './resource.js';
import type { ApiObject } from './stored-object.js';

/** What can be told to a server that is a process of its own: one line of JSON each. */
export type Command =
  | { readonly kind: 'create' | 'update'; readonly resource: ResourceName; readonly object: ApiObject }
  | { readonly kind: 'delete'; readonly resource: ResourceName; readonly key: string }
  | { readonly kind: 'replace all'; readonly resource: ResourceName; readonly objects: readonly ApiObject[] }
  | { readonly kind: 'fill'; readonly size: ClusterSize }
  | {
      readonly kind:
        | 'compact'
        | 'reset'
        | 'thaw'
        | 'stop'
        | 'resume'
        | 'change authority'
        | 'expire watches'
        | 'hold watches'
        | 'release watches';
    }
  | { readonly kind: 'restore'; readonly version: number }
  | { readonly kind: 'answer'; readonly what: WrongAnswer; readonly target?: Target; readonly times?: number }
  | { readonly kind: 'line'; readonly what: WrongLine; readonly target?: Target; readonly times?: number }
  | { readonly kind: 'freeze'; readonly newcomers?: boolean }
  | { readonly kind: 'slow'; readonly bytesPerSecond?: number }
  | { readonly kind: 'allow token' | 'revoke token'; readonly token: string }
  | { readonly kind: 'deny'; readonly denials: readonly Right[] }
  | { readonly kind: 'features'; readonly features: Partial<Features> }
  | { readonly kind: 'client certificate'; readonly name: string }
  | { readonly kind: 'look' };

/** What `look` answers with. */
export interface ServerLook {
  readonly authority: string;
  readonly resourceVersion: number;
  readonly connections: { readonly open: number; readonly accepted: number };
  readonly watches: number;
  /** `GET /api/v1/services?… HTTP/2.0` */
  readonly requests: readonly string[];
  readonly events: readonly ApiObject[];
}

/** Does it, and answers with what the command asks for. */
export async function perform(server: ApiServer, command: Command): Promise<unknown> {
  const { store, faults, wire, access } = server;
  switch (command.kind) {
    case 'create':
      return store.create(command.resource, command.object).object;
    case 'update':
      return store.update(command.resource, command.object).object;
    case 'delete':
      return store.delete(command.resource, command.key);
    case 'replace all':
      return store.replaceAll(command.resource, command.objects);
    case 'fill':
      return fillCluster(server, command.size);
    case 'compact':
      return store.compact();
    case 'restore':
      return store.restore(command.version);
    case 'answer':
      return faults.answer(command.what, command.target, command.times);
    case 'line':
      return faults.line(command.what, command.target, command.times);
    case 'reset':
      return wire.reset();
    case 'freeze':
      return wire.freeze(command);
    case 'thaw':
      return wire.thaw();
    case 'slow':
      return wire.slow(command.bytesPerSecond);
    case 'stop':
      return server.stop();
    case 'resume':
      return server.resume();
    case 'expire watches':
      return server.desk.expireWatches();
    case 'hold watches':
      return server.desk.holdWatches();
    case 'release watches':
      return server.desk.releaseWatches();
    case 'allow token':
      return access.allowToken(command.token);
    case 'revoke token':
      return access.revokeToken(command.token);
    case 'deny':
      return access.deny(command.denials);
    case 'change authority':
      return server.changeAuthority();
    case 'client certificate':
      return server.clientCertificate(command.name);
    case 'features':
      return void Object.assign(server.desk.features, command.features);
    case 'look':
      return look(server);
  }
}

function look({ authority, store, wire, desk }: ApiServer): ServerLook {
  return {
    authority,
    resourceVersion: store.resourceVersion,
    connections: { open: wire.open, accepted: wire.accepted },
    watches: desk.watchCount,
    requests: desk.requests.map(({ method, path, httpVersion }) => `${method} ${path} HTTP/${httpVersion}`),
    events: store.list('events').map(({ object }) => object),
  };
}
