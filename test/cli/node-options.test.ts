import { describe, expect, it, vi } from 'vitest';
import {
  addNodeOptions,
  areForNodes,
  type Fleet,
  sendToNodes,
  wordsForAgent,
} from '../../src/cli/fleet/node-options.js';
import { emptyCommandLine } from '../../src/cli/program.js';
import { addViewCommands } from '../../src/cli/view-commands.js';
import { unseenKernel } from '../support/kernel-views.js';

describe('the words that are sent', () => {
  it.each([
    ['why web --all-nodes --port 80', 'why web --port 80'],
    ['why --node a web --context=c --kubeconfig k', 'why web'],
    ['services --node=a -n shop -o wide', 'services -n shop -o wide'],
    ['status --node a --agent-namespace x --agent-selector a=b --node-deadline 3', 'status'],
  ])('%s: %s', (given, sent) => {
    expect(wordsForAgent(given.split(' '))).toEqual(sent.split(' '));
  });
});

describe('where a command runs', () => {
  it.each([
    ['status', false],
    ['status --all-nodes', true],
    ['why web --node=a', true],
    ['why web --from node', false],
    ['why -- --node', false],
  ])('%s: elsewhere %s', (words, isElsewhere) => {
    expect(areForNodes(words.split(' '))).toBe(isElsewhere);
  });

  const parse = async (text: string) => {
    const words = text.split(' ');
    const fleet = {
      allNodes: vi.fn<Fleet['allNodes']>(async () => []),
      oneNode: vi.fn<Fleet['oneNode']>(async () => 7),
    };
    const codes: number[] = [];
    const program = emptyCommandLine('1');
    addViewCommands(program, unseenKernel(), () => undefined);
    for (const command of program.commands) command.configureOutput({ writeErr: () => undefined });
    sendToNodes(program, words, fleet, (code) => codes.push(code));
    await program.parseAsync(words, { from: 'user' });
    return { fleet, codes };
  };

  it('one node gets the words as they are, with the place to ask at', async () => {
    const { fleet, codes } = await parse('services --node a -o json --kubeconfig k');
    expect(fleet.oneNode).toHaveBeenCalledWith('a', {
      words: ['services', '-o', 'json'],
      kubeconfig: 'k',
      context: undefined,
      agentNamespace: 'kube-system',
      agentSelector: 'k8s-app=kube-ipvs-proxy',
      deadline: 10_000,
    });
    expect(codes).toEqual([7]);
  });

  it('an archive is asked for on stdout, and awaited for as long as it may take there', async () => {
    const { fleet } = await parse('support-bundle --node a -o /nowhere-yet.tar.gz --time-limit 30');
    expect(fleet.oneNode).toHaveBeenCalledWith(
      'a',
      expect.objectContaining({
        words: ['support-bundle', '--time-limit', '30', '-o', '-'],
        deadline: 40_000,
      }),
      expect.anything(),
    );
  });

  it('all nodes are asked for text, whatever the output here', async () => {
    const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const { fleet } = await parse('why web --all-nodes -o json --node-deadline 2');
    out.mockRestore();
    expect(fleet.allNodes.mock.calls[0]?.[0]).toMatchObject({ words: ['why', 'web'], deadline: 2_000 });
  });

  it.each([
    ['services --all-nodes', /unknown option '--all-nodes'/],
    ['status --all-nodes --node a', /cannot be used with/],
    ['status --all-nodes --node-deadline never', /no number of seconds/],
    ['status --all-nodes -o xml', /no format/],
  ])('%s is refused here, and nothing is sent', async (words, reason) => {
    await expect(parse(words)).rejects.toThrow(reason);
  });

  it('is never asked of commands that change a node', () => {
    const program = emptyCommandLine('1');
    program.command('run');
    addNodeOptions(program);
    expect(program.commands[0]?.options).toEqual([]);
  });
});
