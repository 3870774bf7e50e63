import { ApiServer } from '../../lab/api-server/api-server.js';
import { LoginFolder } from '../../lab/api-server/login-folder.js';
import type { Protocol } from '../../lab/api-server/tls-server.js';
import { waitUntil } from '../../lab/wait-until.js';
import { change, populate } from './cluster-life.js';
import { type FaultRow, type Scene, TOKEN } from './fault-rows.js';
import { FollowingAgent, IS_REAL_TIME, SPEED } from './following-agent.js';

/** What became of an agent to which one fault happened. */
export interface FaultRun {
  /** The data plane in the end. */
  readonly state: string;
  readonly repeatedWrites: readonly string[];
  /** Passes that could not be made. */
  readonly errors: readonly unknown[];
  /** Everything that was to go wrong has gone wrong. */
  readonly isSpent: boolean;
  /** Of the agent's clock, from the moment when nobody else had to mend anything any more to the last write. */
  readonly seconds: number;
  /** Why its listings and watches ended. */
  readonly endings: string;
}

/** In every cluster: what is there until the end, and what comes while the fault lasts. */
const [FROM_THE_BEGINNING, IN_THE_END] = ['10.244.2.4:8080', '10.244.1.20:8080'];

const BOTH: readonly Protocol[] = ['h2', 'http/1.1'];

/** Four resources are watched. */
const WATCHES = 4;

/**
 * What an agent has in the end to which nothing happens: it is started after the changes. One serves for all faults.
 */
export async function calmState(): Promise<string> {
  return await withServer(BOTH, async ({ server, login }) => {
    change(server.store);
    return await following(login, async (agent) => {
      await until('a start after the changes', () => agent.state.includes(IN_THE_END));
      await agent.idle();
      return agent.state;
    });
  });
}

/** An agent follows a server, a fault strikes, the cluster changes, and the agent gets over it. */
export async function survive(row: FaultRow, protocol: Protocol, desired: string): Promise<FaultRun> {
  return await withServer([protocol], (scene) =>
    following(scene.login, (agent) => meet(row, scene, agent, desired)),
  );
}

async function withServer<T>(protocols: readonly Protocol[], use: (scene: Scene) => Promise<T>): Promise<T> {
  const server = await ApiServer.start({
    protocols,
    features: { bookmarkInterval: 60_000 / SPEED, freshness: 3_000 / SPEED },
  });
  server.access.allowToken(TOKEN);
  populate(server.store);
  const login = await LoginFolder.create({ server: server.url, authority: server.authority, token: TOKEN });
  try {
    return await use({ server, login });
  } finally {
    await server.close();
    await login.remove();
  }
}

async function following<T>(login: LoginFolder, use: (agent: FollowingAgent) => Promise<T>): Promise<T> {
  const agent = new FollowingAgent(login.kubeconfig);
  try {
    await agent.start();
    return await use(agent);
  } finally {
    await agent.stop();
  }
}

async function meet(row: FaultRow, scene: Scene, agent: FollowingAgent, desired: string): Promise<FaultRun> {
  const { server } = scene;
  await until('the first pass', () => agent.state.includes(FROM_THE_BEGINNING));
  await until('all watches', () => server.desk.watchCount === WATCHES);
  await row.strike(scene);
  change(server.store);
  await row.mend?.(scene);
  const mended = performance.now();
  await until('the changes', () => agent.state.includes(IN_THE_END));
  // Where it never becomes that, the two states tell more than this.
  await until('the desired state', () => agent.state === desired).catch(() => undefined);
  // On a busy machine a watch that brings no news may meet its fault later than that.
  await until('all faults', () => server.faults.spent).catch(() => undefined);
  return {
    state: agent.state,
    repeatedWrites: agent.repeatedWrites,
    errors: agent.errors,
    isSpent: server.faults.spent,
    endings: agent.endings,
    seconds: (Math.max(0, agent.lastWrite - mended) * SPEED) / 1000,
  };
}

function until(what: string, isSo: () => boolean): Promise<boolean> {
  return waitUntil(async () => isSo(), { what, seconds: IS_REAL_TIME ? 120 : 40, interval: 5 });
}
