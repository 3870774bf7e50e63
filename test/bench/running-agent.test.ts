import { describe, expect, it } from 'vitest';
import { RunningAgent } from '../../bench/compare/running-agent.js';

const CELL = { mode: 'ipvs', services: 1, endpoints: 1 } as const;

/** The agent of a cell of the comparison is what this script does. */
function start(script: string): Promise<RunningAgent> {
  return RunningAgent.start(CELL, { inside: () => ['bash', '--norc', '-c', script] });
}

describe('the agent of a cell', () => {
  it('answers an order with a line', async () => {
    const agent = await start(`echo '"ready"'; read -r order; echo "$order"`);
    expect(await agent.order({ kind: 'program' })).toEqual({ kind: 'program' });
    await agent.end();
  });

  it('is told to have died where it is killed in the middle of an order', async () => {
    const agent = await start(`echo '"ready"'; read -r order; kill -KILL $$`);
    await expect(agent.order({ kind: 'program' })).rejects.toThrow('the agent died: SIGKILL');
  });

  it('is told to have died where it ends before it is ready, and where an order finds it dead', async () => {
    await expect(start('exit 3')).rejects.toThrow('the agent died: exit code 3');
    const agent = await start(`echo '"ready"'; exit 4`);
    await agent.end();
    await expect(agent.order({ kind: 'program' })).rejects.toThrow('the agent died: exit code 4');
  });
});
