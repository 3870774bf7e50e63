import { describe, expect, it } from 'vitest';
import { TimeSlice } from '../../src/model/clock.js';
import { DataplaneState } from '../../src/model/dataplane-state.js';
import { type FrontendKey, frontend } from '../../src/model/frontend.js';
import { NO_SERVERS, realServer } from '../../src/model/real-server.js';
import { serviceKey } from '../../src/model/service-key.js';
import type { SyncState, UnmetFrontend } from '../../src/model/sync-state.js';
import { statusReport } from '../../src/status/status-report.js';
import { POD_1, VIP_A, VIP_B } from '../support/addresses.js';
import { readSchema, schemaBreaches } from '../support/json-schema.js';
import { settings } from '../support/objects.js';

const FRONT = frontend(VIP_A, 80, 'TCP');
const SERVER = realServer(POD_1, 8080, 1);
const SETTINGS = settings('rr');

function programmed(): DataplaneState {
  const dataplane = new DataplaneState();
  dataplane.acknowledge({ kind: 'own-frontend', frontend: FRONT, owner: 'default/web:http' });
  dataplane.acknowledge({ kind: 'add-virtual-server', frontend: FRONT, settings: SETTINGS });
  dataplane.acknowledge({ kind: 'add-real-server', frontend: FRONT, server: SERVER });
  dataplane.acknowledge({ kind: 'open-frontend', frontend: FRONT });
  return dataplane;
}

const STATE: SyncState = {
  complete: true,
  synced: true,
  services: 1,
  problems: [],
  drains: [],
  withheld: [],
  auditRound: 30_000,
  totals: { passes: 1, operations: 4, refused: 0, drift: 0 },
  lastPass: undefined,
};

const activity = new Map([[FRONT.key, new Map([[SERVER.key, { active: 3, inactive: 4 }]])]]);
const agentWith = (state: Partial<SyncState>) => ({
  version: '0.1.0',
  node: 'node-1',
  kernel: 'Linux 6.12.0',
  watch: undefined,
  state: { ...STATE, ...state },
  unmet: [] as readonly UnmetFrontend[],
  withoutEndpoints: [],
  nodeLocal: [],
});

describe('the status report', () => {
  it('names Services from the ledger when no agent runs', async () => {
    const report = await statusReport({ dataplane: programmed(), activity, foreign: [] }, undefined);
    expect(report).toMatchObject({
      version: 1,
      agent: undefined,
      virtualServers: [
        {
          service: 'default/web:http',
          frontend: '10.96.0.10:80/TCP',
          state: 'programmed',
          realServers: [{ key: '10.244.0.1:8080', weight: 1, active: 3, inactive: 4 }],
        },
      ],
    });
  });

  it('shows a closed frontend as draining, with the time that its servers have left', async () => {
    const dataplane = programmed();
    dataplane.acknowledge({ kind: 'close-frontend', frontend: FRONT });
    const drained = realServer(SERVER.address, SERVER.port, 0);
    dataplane.acknowledge({ kind: 'set-real-server', frontend: FRONT, server: drained });
    const drains = [{ frontend: FRONT.key, server: SERVER.key, left: 13_200 }];
    const report = await statusReport({ dataplane, activity, foreign: [] }, agentWith({ drains }));
    expect(report.virtualServers[0]).toMatchObject({
      state: 'draining',
      realServers: [{ drainSecondsLeft: 14 }],
    });
  });

  it('shows no time left of a server that takes connections again, although its drain is not struck off yet', async () => {
    const drains = [{ frontend: FRONT.key, server: SERVER.key, left: 13_200 }];
    const view = { dataplane: programmed(), activity, foreign: [] };
    const report = await statusReport(view, agentWith({ drains }));
    expect(report.virtualServers[0]?.realServers[0]).toMatchObject({
      weight: 1,
      drainSecondsLeft: undefined,
    });
  });

  it('leaves a frontend programmed although its Service has a problem', async () => {
    const service = serviceKey('default', 'web');
    const problems = [{ kind: 'object', subject: 'x', service, message: 'm.', remedy: 'r.' }] as const;
    const report = await statusReport(
      { dataplane: programmed(), activity, foreign: [] },
      agentWith({ problems }),
    );
    expect(report.virtualServers[0]?.state).toBe('programmed');
  });

  it.each(['pending', 'refused'] as const)('shows a frontend that is %s as that', async (state) => {
    const unmet = [{ frontend: FRONT, owner: 'default/web:http', state, reason: 'r.' }];
    const view = { dataplane: programmed(), activity, foreign: [] };
    const report = await statusReport(view, { ...agentWith({}), unmet });
    expect(report.virtualServers[0]?.state).toBe(state);
    expect(report.unmet).toMatchObject([
      { service: 'default/web:http', frontend: FRONT.key, state, reason: 'r.' },
    ]);
  });

  it('shows a frontend in conflict at the Service that does not have it, and that of the other as programmed', async () => {
    const unmet = [{ frontend: FRONT, owner: 'default/late:http', state: 'conflict' as const, reason: 'r.' }];
    const view = { dataplane: programmed(), activity, foreign: [] };
    const report = await statusReport(view, { ...agentWith({}), unmet });
    expect(report.virtualServers[0]?.state).toBe('programmed');
    expect(report.unmet).toMatchObject([{ service: 'default/late:http', state: 'conflict' }]);
  });

  it('lists virtual servers of other programs last and as foreign', async () => {
    const foreign = [{ frontend: frontend(VIP_B, 1, 'UDP'), settings: SETTINGS, realServers: NO_SERVERS }];
    const report = await statusReport({ dataplane: programmed(), activity, foreign }, undefined);
    expect(report.virtualServers.map(({ state }) => state)).toEqual(['programmed', 'foreign']);
  });

  it('of 5,000 Services lets others have their turn before 26 virtual servers are through that take 1 ms each', async () => {
    const work = new CountedWork();
    const dataplane = programmed();
    for (let n = 1; n <= 5_000; n++) {
      const front = frontend(VIP_A, 1000 + n, 'TCP');
      dataplane.acknowledge({ kind: 'own-frontend', frontend: front, owner: `default/web-${n}:http` });
      dataplane.acknowledge({ kind: 'add-virtual-server', frontend: front, settings: SETTINGS });
    }
    const slice = new CountedSlice(work);
    const report = await statusReport({ dataplane, activity: work, foreign: [] }, undefined, slice);
    expect(report.virtualServers).toHaveLength(5_001);
    expect(work.longestTurn).toBeLessThanOrEqual(26);
  });
});

/** The activity of servers and a clock in one: time passes only by work, 1 ms for each virtual server looked up. */
class CountedWork extends Map<FrontendKey, never> {
  #done = 0;
  #turnBegan = 0;
  longestTurn = 0;

  override get(): undefined {
    this.#done++;
    this.longestTurn = Math.max(this.longestTurn, this.#done - this.#turnBegan);
    return undefined;
  }

  now(): number {
    return this.#done;
  }

  turnEnds(): void {
    this.#turnBegan = this.#done;
  }
}

class CountedSlice extends TimeSlice {
  readonly #work: CountedWork;

  constructor(work: CountedWork) {
    super(work, 16);
    this.#work = work;
  }

  override async yieldTurn(): Promise<void> {
    this.#work.turnEnds();
    await super.yieldTurn();
  }
}

describe('the report as JSON', () => {
  it('is as its schema says, with and without an agent', async () => {
    const schema = readSchema('status.v1.json');
    const kernel = { dataplane: programmed(), activity, foreign: [] };
    const problems = [{ kind: 'kernel', subject: 'x', cause: 'c', message: 'm.', remedy: 'r.' }] as const;
    const watched = {
      resource: 'services',
      objects: 1,
      complete: true,
      served: true,
      lists: 1,
      watches: 1,
      events: 1,
      bookmarks: 1,
      restarts: { ended: 4, quiet: 1 },
      corruptLines: 0,
      untranslatable: 0,
    };
    const agent = {
      ...agentWith({ problems, drains: [{ frontend: FRONT.key, server: SERVER.key, left: 13_200 }] }),
      watch: { resources: [watched] },
      unmet: [{ frontend: FRONT, owner: 'default/web', state: 'refused', reason: 'no.' }] as const,
      withoutEndpoints: [{ frontend: FRONT, owner: 'default/web', offered: '"web"/TCP' }],
      nodeLocal: [{ frontend: FRONT, owner: 'default/web' }],
    };
    for (const one of [agent, undefined]) {
      const report: unknown = JSON.parse(JSON.stringify(await statusReport(kernel, one)));
      expect(schemaBreaches(report, schema)).toEqual([]);
    }
    expect((await statusReport(kernel, agent)).agent?.watch?.[0]?.failures).toBe(1);
  });
});
