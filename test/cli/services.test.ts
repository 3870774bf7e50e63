import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { endedBy } from '../../src/cli/exit.js';
import { JsonPathError } from '../../src/cli/json-path.js';
import { runBackends, runServices, type ServicesOptions } from '../../src/cli/services.js';
import { runTop } from '../../src/cli/top.js';
import { realServer } from '../../src/model/real-server.js';
import { type ListingQuery, listing, listingQuery } from '../../src/status/listing/listing-source.js';
import { POD_2, POD_3, VIP_B } from '../support/addresses.js';
import { AnsweringAgent, Written } from '../support/cli.js';
import { readSchema, schemaBreaches } from '../support/json-schema.js';
import { API, counters, type ListedCluster, smallCluster, WEB } from '../support/listed-cluster.js';

let cluster: ListedCluster;
let agent: AnsweringAgent;

beforeAll(async () => {
  agent = new AnsweringAgent({
    '/services': (query) => listing(listingQuery(query), cluster.parts),
    '/service': async () => ({ nearest: ['default/web'] }),
  });
  await agent.listen();
});

afterAll(() => agent.close());

beforeEach(() => {
  cluster = smallCluster();
});

async function* kernelRows(query: ListingQuery) {
  yield* listing(query, cluster.parts);
}

interface Asked extends Partial<ServicesOptions> {
  readonly names?: readonly string[];
}

async function services({ names = [], ...options }: Asked = {}) {
  const written = new Written();
  const given = { adminSocket: agent.socket, output: 'table' as const, ...options };
  const code = await runServices(names, given, { ...written.parts, kernelRows });
  return { code, out: written.out, err: written.err };
}

async function backends(name: string, options: Partial<ServicesOptions> = {}) {
  const written = new Written();
  const given = { adminSocket: agent.socket, output: 'table' as const, ...options };
  const code = await runBackends(name, given, { ...written.parts, kernelRows });
  return { code, out: written.out, err: written.err };
}

async function expectGolden(name: string, text: string): Promise<void> {
  expect(text.split('\n').filter(({ length }) => length > 80)).toEqual([]);
  await expect(text).toMatchFileSnapshot(`golden/${name}.txt`);
}

describe('services', () => {
  it('lists frontends by the names of their Services, in 80 columns', async () => {
    const { code, out, err } = await services();
    await expectGolden('services', out);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('shows counters in the words of ipvsadm, shortened or exact', async () => {
    await expectGolden('services-stats', (await services({ stats: true })).out);
    expect((await services({ stats: true, exact: true })).out).toMatch(/ 1250000 .* 1875000000 /);
  });

  it('measures rates between two looks', async () => {
    const written = new Written();
    const wait = async () => {
      cluster.traffic.set(WEB.key, counters(1_250_500));
    };
    const options = { adminSocket: agent.socket, output: 'table' as const, rate: true };
    await runServices(['web'], options, { ...written.parts, wait, kernelRows });
    const [headings = '', web = ''] = written.out.split('\n');
    expect(headings.split(/ +/)).toEqual([
      'SERVICE',
      'VIP:PORT',
      'CPS',
      'InPPS',
      'OutPPS',
      'InBPS',
      'OutBPS',
    ]);
    const [, , cps = '', inPackets = ''] = web.split(/ +/);
    expect(cps).not.toBe('0');
    expect(inPackets).not.toBe('0');
    expect(written.out.split('\n')).toHaveLength(3);
  });

  it('shows policies, affinity and connections when there is room', async () => {
    const { out } = await services({ output: 'wide' });
    await expect(out).toMatchFileSnapshot('golden/services-wide.txt');
  });

  it('sorts by what is asked, the largest first', async () => {
    const { out } = await services({ sortBy: 'active' });
    expect(out.split('\n')[1]).toContain('default/web');
    expect((await services({ sortBy: 'name' })).out.split('\n')[1]).toContain('default/api');
  });

  it('ends with 1 where a Service is not as it should be', async () => {
    cluster.kernel.removeVirtualServer(WEB);
    const { code, out } = await services();
    expect(code).toBe(1);
    expect(out).toContain('drift: another program removed it');
  });

  it('ends with 4 and near names where there is no such Service', async () => {
    expect(await services({ names: ['wbe'] })).toEqual({
      code: 4,
      out: '',
      err: 'No frontend of wbe is on this node. Near names: default/web.\n',
    });
  });

  it('shows nothing at a VIP that is no address, rather than everything', async () => {
    expect(await services({ vip: 'nonsense' })).toMatchObject({ code: 4, out: '' });
    expect((await services({ vip: VIP_B })).out).toContain('default/api');
  });

  it('reads the kernel where no agent runs, says so, and ends with 3', async () => {
    const { code, out, err } = await services({ adminSocket: '/nonexistent/admin.sock' });
    expect(code).toBe(3);
    expect(err).toBe('The agent is not running. This is what the kernel has.\n');
    expect(out).toContain('default/web:http');
  });
});

async function* failingRows(): AsyncGenerator<never> {
  yield await Promise.reject(new Error('no IPVS.'));
}

describe('where neither an agent answers nor the kernel can be read', () => {
  it('services, backends and top say why, and end with 3', async () => {
    const written = new Written();
    const parts = { ...written.parts, kernelRows: failingRows };
    const given = { adminSocket: '/nowhere/admin.sock', output: 'table' as const, interval: 1, rows: 1 };
    const complained = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    for (const run of [runServices([], given, parts), runBackends('web', given, parts), runTop(given, parts)])
      expect(await run.catch(endedBy)).toBe(3);
    expect(complained.mock.calls.map(([text]) => text)).toEqual(
      Array(3).fill(
        'kube-ipvs-proxy: The agent is not running. In the kernel nothing can be seen: no IPVS.\n',
      ),
    );
    complained.mockRestore();
    expect(written.out).toBe('');
  });
});

describe('backends', () => {
  it('shows servers with their connections, and endpoints that are none with the reason', async () => {
    for (const plane of [cluster.kernel, cluster.image]) {
      plane.acknowledge({ kind: 'add-real-server', frontend: WEB, server: realServer(POD_3, 9090, 0) });
      plane.acknowledge({ kind: 'set-real-server', frontend: API, server: realServer(POD_2, 8443, 0) });
    }
    cluster.drains = [{ frontend: WEB.key, server: realServer(POD_3, 9090, 0).key, left: 13_200 }];
    await expectGolden('backends', (await backends('web')).out);
    await expectGolden('backends-local', (await backends(`${VIP_B}:443`)).out);
  });
});

describe('output for programs', () => {
  it('is JSON as its schema says', async () => {
    cluster.kernel.removeVirtualServer(API);
    const { out } = await services({ output: 'json', stats: true });
    const value: unknown = JSON.parse(out);
    expect(schemaBreaches(value, readSchema('frontend-list.v1.json'))).toEqual([]);
    expect(value).toMatchObject({ version: 1, kind: 'FrontendList', source: 'agent' });
  });

  it('is the same as YAML', async () => {
    const [json, yaml] = await Promise.all([services({ output: 'json' }), services({ output: 'yaml' })]);
    const { parse } = await import('yaml');
    expect(parse(yaml.out)).toEqual(JSON.parse(json.out));
  });

  it.each([
    ['{.items[*].service}', 'default/api default/web\n'],
    ['{range .items[*]}{.service}{"\\t"}{.counts.active}{"\\n"}{end}', 'default/api\t0\ndefault/web\t4\n\n'],
    ["{.items[-1]['frontend']} of {.kind}", '10.96.0.10:80/TCP of FrontendList\n'],
    ['{.items[0].servers[0].address}', '10.244.0.1\n'],
    ['{.nothing}', '\n'],
  ])('is what a path finds: %s', async (template, text) => {
    expect((await services({ output: `jsonpath=${template}` })).out).toBe(text);
  });

  it.each(['{.items[', '{range .items[*]}x', '{.a}{end}', '{"x}', '{.items[?(@.a)]}'])(
    'says what is wrong with the path %s',
    async (template) => {
      await expect(services({ output: `jsonpath=${template}` })).rejects.toThrow(JsonPathError);
    },
  );
});
