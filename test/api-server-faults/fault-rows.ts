import type { ApiServer } from '../../lab/api-server/api-server.js';
import type { WrongAnswer, WrongLine } from '../../lab/api-server/faults.js';
import type { LoginFolder } from '../../lab/api-server/login-folder.js';
import { passTime } from './cluster-life.js';
import { SPEED } from './following-agent.js';

export interface Scene {
  readonly server: ApiServer;
  readonly login: LoginFolder;
}

/** What happens to an agent that follows a server in good order. */
export interface FaultRow {
  readonly name: string;
  /** Nobody accepts connections for a while, and whoever followed follows again within 3 s. */
  readonly isOutage?: true;
  /** Before the cluster changes. */
  strike(scene: Scene): Promise<void> | void;
  /** After it has; what is not mended by itself is mended here, by somebody else. */
  mend?(scene: Scene): Promise<void> | void;
}

export const TOKEN = 'first-token';
const NEXT_TOKEN = 'second-token';

export const FAULTS: readonly FaultRow[] = [
  { name: 'none', strike: () => undefined },
  { name: 'connection reset', strike: ({ server }) => server.wire.reset() },
  { name: 'half-open path', strike: ({ server }) => server.wire.freeze() },
  {
    name: 'server away',
    strike: ({ server }) => server.stop(),
    mend: ({ server }) => server.resume(),
  },
  ...[2, 10, 30, 120].map(away),
  {
    name: 'away 10 s, compacted',
    isOutage: true,
    async strike({ server }) {
      await server.stop();
      await seconds(10);
    },
    async mend({ server }) {
      server.store.compact();
      await server.resume();
    },
  },
  {
    name: 'three restarts in 3 min',
    isOutage: true,
    async strike({ server }) {
      for (let restart = 0; restart < 2; restart++) {
        await server.stop();
        await seconds(5);
        passTime(server.store);
        server.store.compact();
        await server.resume();
        await seconds(60);
      }
      await server.stop();
      await seconds(5);
      passTime(server.store);
      server.store.compact();
    },
    mend: ({ server }) => server.resume(),
  },
  {
    name: 'history compacted',
    strike: ({ server }) => server.wire.reset(),
    mend: ({ server }) => server.store.compact(),
  },
  answered('410 to the watch', { kind: 'gone' }, 'watch'),
  spoilt('410 in the watch', 'gone'),
  answered('429, Retry-After 2', { kind: 'too many requests', retryAfter: 2 }),
  answered('500', { kind: 'internal error' }),
  answered('HTML with 200', { kind: 'html', status: 200 }),
  answered('HTML with 502', { kind: 'html', status: 502 }),
  spoilt('truncated line', 'truncated'),
  spoilt('corrupt line', 'corrupt'),
  spoilt('interleaved lines', 'interleaved'),
  {
    name: '30 kB a second',
    strike({ server }) {
      server.wire.slow(30_000);
      server.wire.reset();
    },
  },
  {
    name: 'very short watches',
    strike({ server }) {
      server.desk.features.watchLifetime = 5;
      server.desk.expireWatches();
    },
  },
  {
    name: 'no WatchList any more',
    strike({ server }) {
      server.desk.features.watchList = false;
      server.wire.reset();
    },
    mend: ({ server }) => server.store.compact(),
  },
  {
    name: 'restored backup',
    async strike({ server }) {
      const { resourceVersion } = server.store;
      passTime(server.store);
      // Until every watcher has received the new version.
      server.desk.expireWatches();
      await new Promise((resolve) => setTimeout(resolve, 200));
      server.wire.reset();
      server.store.restore(resourceVersion);
    },
  },
  {
    name: 'token rotated',
    async strike({ server, login }) {
      await login.setToken(NEXT_TOKEN);
      server.access.allowToken(NEXT_TOKEN);
      server.access.revokeToken(TOKEN);
      server.wire.reset();
    },
  },
  {
    name: 'token revoked',
    strike({ server }) {
      server.access.revokeToken(TOKEN);
      server.wire.reset();
    },
    async mend({ server, login }) {
      server.access.allowToken(NEXT_TOKEN);
      await login.setToken(NEXT_TOKEN);
    },
  },
  {
    name: 'CA rotated',
    async strike({ server, login }) {
      server.changeAuthority();
      await login.setAuthority(server.authority);
      server.wire.reset();
    },
  },
  {
    name: 'CA unknown at first',
    strike({ server }) {
      server.changeAuthority();
      server.wire.reset();
    },
    mend: ({ server, login }) => login.setAuthority(server.authority),
  },
  {
    name: 'RBAC rule missing',
    strike({ server }) {
      server.access.deny([
        { verb: 'list', resource: 'endpointslices' },
        { verb: 'watch', resource: 'endpointslices' },
      ]);
      server.wire.reset();
    },
    mend: ({ server }) => server.access.deny([]),
  },
];

function away(duration: number): FaultRow {
  return {
    name: `server away ${duration} s`,
    isOutage: true,
    async strike({ server }) {
      await server.stop();
      await seconds(duration);
    },
    mend: ({ server }) => server.resume(),
  };
}

/** Of the agent's clock. */
function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, (count * 1000) / SPEED));
}

/** The next request for each of the two kinds that matter gets it, twice. */
function answered(name: string, what: WrongAnswer, request?: 'watch'): FaultRow {
  return {
    name,
    strike({ server: { faults, wire } }) {
      for (const resource of ['services', 'endpointslices'] as const)
        faults.answer(what, { resource, ...(request && { request }) }, 2);
      wire.reset();
    },
  };
}

function spoilt(name: string, what: WrongLine): FaultRow {
  return {
    name,
    strike({ server: { faults } }) {
      for (const resource of ['services', 'endpointslices'] as const) faults.line(what, { resource });
    },
  };
}
