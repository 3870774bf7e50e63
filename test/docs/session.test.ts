import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { emptyCommandLine } from '../../src/cli/program.js';
import { addViewCommands, type KernelViews } from '../../src/cli/view-commands.js';
import { DONE } from '../../src/model/operation.js';
import { realServer } from '../../src/model/real-server.js';
import { ChangeLog } from '../../src/status/listing/change-log.js';
import { differences } from '../../src/status/listing/differences.js';
import { listing, listingQuery } from '../../src/status/listing/listing-source.js';
import { POD_1, POD_2 } from '../support/addresses.js';
import { AnsweringAgent } from '../support/cli.js';
import { GOOD_STATUS, smallCluster, WEB } from '../support/listed-cluster.js';

const cluster = smallCluster();
const SERVICE = 'default/web' as never;
const changes = new ChangeLog(
  () => Date.UTC(2026, 10, 29, 8, 15),
  () => SERVICE,
);

/** One pod is not ready, and somebody has changed a weight with ipvsadm. */
const STATUS = {
  ...GOOD_STATUS,
  agent: {
    ...GOOD_STATUS.agent,
    lastPassSeconds: 0.004,
    lagSeconds: 0.021,
    watch: [],
    node: 'node-1',
    kernel: 'Linux 6.12.57; IPVS 1.2.1 for IPv4 and IPv6',
  },
};

const agent = new AnsweringAgent({
  '/status': async () => STATUS,
  '/service': async () => ({ nearest: ['default/web'] }),
  '/services': (query) => listing(listingQuery(query), cluster.parts),
  '/diff': async function* () {
    yield* differences({ desired: cluster.desired, kernel: cluster.kernel, draining: new Set() });
  },
  '/events': () => changes.since(0, false),
});

// Nothing of it is looked at while an agent answers.
const NO_KERNEL = {} as unknown as KernelViews;

/** What is typed, one after the other. */
const TYPED = [
  'status',
  'services',
  'services wep',
  'backends web',
  'diff',
  'events',
  'why --explain KIP102',
];

beforeAll(async () => {
  changes.changed([SERVICE], new Map([[SERVICE, ['EndpointSlice default/web-1']]]));
  const server = realServer(POD_2, 8080, 1);
  changes.performed([{ kind: 'add-real-server', frontend: WEB, server }], [DONE]);
  cluster.kernel.acknowledge({ kind: 'set-real-server', frontend: WEB, server: realServer(POD_1, 8080, 9) });
  await agent.listen();
});

afterAll(() => agent.close());
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function typed(text: string): Promise<string> {
  let shown = '';
  const take = (piece: unknown) => {
    shown += String(piece);
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(take),
  );
  let code = 0;
  const program = emptyCommandLine('0.2.0');
  addViewCommands(program, NO_KERNEL, (ended) => {
    code = ended;
  });
  await program.parseAsync([...text.split(' '), '--admin-socket', agent.socket], { from: 'user' });
  for (const spy of spies) spy.mockRestore();
  return `$ kube-ipvs-proxy ${text}\n${shown}$ echo $?\n${code}\n`;
}

it('docs/session.txt is what these commands print, within 80 columns', async () => {
  vi.stubEnv('COLUMNS', '80');
  let session = '';
  for (const text of TYPED) session += `${session === '' ? '' : '\n'}${await typed(text)}`;
  expect(session.split('\n').filter(({ length }) => length > 80)).toEqual([]);
  await expect(session).toMatchFileSnapshot('../../docs/session.txt');
});
