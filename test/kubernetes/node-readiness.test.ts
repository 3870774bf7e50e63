import { describe, expect, it } from 'vitest';
import { type ApiObject, MemoryApi, NODES } from './memory-api.js';
import { WatchedCluster } from './watched-cluster.js';

const MINUTE = 60_000;

function node(name: string, ready: 'True' | 'False' | 'Unknown'): ApiObject {
  return {
    metadata: { name },
    status: { addresses: [], conditions: [{ type: 'Ready', status: ready }] },
  } as ApiObject;
}

async function asking(random = () => 0, ...nodes: ApiObject[]): Promise<WatchedCluster> {
  const api = new MemoryApi();
  for (const each of nodes) api.put(NODES, each);
  return new WatchedCluster(api, { nodeName: 'node-a', random }).start();
}

const problemsOf = ({ problems }: WatchedCluster) =>
  problems.filter((text) => text.includes('whether a node is ready'));

const questions = ({ api }: WatchedCluster) => api.tables.filter((path) => path.includes('metadata.name'));

describe('a Node on which servers drain', () => {
  it('is reported as lost where it is not ready, or where there is none, by a look at its row alone', async () => {
    const cluster = await asking(undefined, node('node-b', 'Unknown'));
    await cluster.pass(0);
    cluster.source.askAbout(new Set(['node-b', 'node-gone']));
    await cluster.pass(1_000);
    expect(cluster.recorder.lost.sort()).toEqual(['node-b', 'node-gone']);
    expect(questions(cluster)).toHaveLength(2);
    for (const path of questions(cluster)) expect(path).toMatch(/fieldSelector=metadata\.name%3Dnode-/);
  });

  it('is asked about again after a minute where it is ready, for as long as anybody wants to know', async () => {
    const cluster = await asking(undefined, node('node-b', 'True'));
    await cluster.pass(0);
    const wanted = new Set(['node-b']);
    cluster.source.askAbout(wanted);
    await cluster.pass(MINUTE - 1_000);
    expect(questions(cluster)).toHaveLength(1);
    cluster.api.put(NODES, node('node-b', 'False'));
    cluster.source.askAbout(wanted);
    await cluster.pass(2_000);
    expect(cluster.recorder.lost).toEqual(['node-b']);
    cluster.source.askAbout(new Set());
    await cluster.pass(5 * MINUTE);
    expect(questions(cluster)).toHaveLength(2);
  });

  it('is never the own one', async () => {
    const cluster = await asking(undefined, node('node-a', 'False'));
    await cluster.pass(0);
    cluster.source.askAbout(new Set(['node-a']));
    await cluster.pass(MINUTE);
    expect([cluster.recorder.lost, questions(cluster)]).toEqual([[], []]);
  });

  it('is asked about at a time of chance, so that thousands of nodes do not ask at once', async () => {
    const cluster = await asking(() => 0.5, node('node-b', 'False'));
    await cluster.pass(2_000);
    cluster.source.askAbout(new Set(['node-b']));
    await cluster.pass(0);
    expect(questions(cluster)).toEqual([]);
    await cluster.pass(10_000);
    expect(cluster.recorder.lost).toEqual(['node-b']);
  });

  it('that may not be asked about is a problem, and asked about again', async () => {
    const cluster = await asking(undefined, node('node-b', 'False'));
    await cluster.pass(0);
    cluster.api.script = (path) =>
      path.includes('metadata.name') && path.includes('includeObject') ? { status: 403 } : undefined;
    cluster.source.askAbout(new Set(['node-b']));
    await cluster.pass(1_000);
    expect(problemsOf(cluster)).toEqual([expect.stringContaining('403')]);
    cluster.api.script = () => undefined;
    await cluster.pass(MINUTE);
    expect([problemsOf(cluster), cluster.recorder.lost]).toEqual([[], ['node-b']]);
  });
});
