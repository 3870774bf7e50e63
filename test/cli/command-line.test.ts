import { CommanderError } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { type Commands, commandLine } from '../../src/cli/command-line.js';
import { DEFAULT_ADMIN_SOCKET } from '../../src/config/agent-settings.js';

function commandsThatAnswer(code: number) {
  return {
    run: vi.fn<Commands['run']>(async () => code),
    status: vi.fn<Commands['status']>(async () => code),
    plan: vi.fn<Commands['plan']>(async () => code),
    cleanup: vi.fn<Commands['cleanup']>(async () => code),
  };
}

/** Parses the words and answers with the commands that were called, the exit code and what was said. */
async function parse(...words: string[]) {
  const commands = commandsThatAnswer(7);
  const codes: number[] = [];
  const program = commandLine('1.2.3', commands, (code) => codes.push(code));
  const said: string[] = [];
  for (const command of [program, ...program.commands])
    command.configureOutput({ writeErr: (text) => said.push(text), writeOut: (text) => said.push(text) });
  const error = await program.parseAsync(words, { from: 'user' }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { commands, codes, said: said.join(''), error };
}

describe('run', () => {
  it('has a default for everything but the folder', async () => {
    const { commands, codes } = await parse('run', '--manifests', 'm');
    expect(commands.run).toHaveBeenCalledWith({
      manifests: 'm',
      nodeName: undefined,
      scheduler: 'rr',
      drainDeadline: 900,
      clusterCIDRs: [],
      masqueradeAll: false,
      adopt: false,
      adminSocket: DEFAULT_ADMIN_SOCKET,
      logLevel: 'info',
    });
    expect(codes).toEqual([7]);
  });

  it('takes both CIDRs of a dual-stack cluster, in canonical form', async () => {
    const { commands } = await parse(
      'run',
      '--manifests',
      'm',
      '--cluster-cidr',
      '10.244.0.0/16,FD00:0:0::/48',
    );
    expect(commands.run.mock.calls[0]?.[0].clusterCIDRs).toEqual(['10.244.0.0/16', 'fd00::/48']);
  });
});

describe('wrong usage is refused with the flag, what was found and what was expected', () => {
  it.each([
    [['run'], "required option '--manifests <folder>'"],
    [['run', '--manifests', 'm', '--drain-deadline', 'soon'], "'soon' is no time; expected seconds"],
    [['run', '--manifests', 'm', '--drain-deadline', '-1'], "'-1' is no time"],
    [['run', '--manifests', 'm', '--scheduler', 'RR!'], "'RR!' is no scheduler"],
    [['run', '--manifests', 'm', '--cluster-cidr', '10.0.0.0/33'], "'10.0.0.0/33' is no CIDR"],
    [['run', '--manifests', 'm', '--cluster-cidr', '010.0.0.0/8'], "'010.0.0.0/8' is no CIDR"],
    [['run', '--manifests', 'm', '--log-level', 'loud'], "'loud' is no log level; expected one of fatal"],
    [['status', '-o', 'xml'], "'xml' is no format; expected table or json"],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['status', '--frobnicate'], "unknown option '--frobnicate'"],
  ])('%j', async (words, expected) => {
    const { error, said, codes } = await parse(...words);
    expect(error).toBeInstanceOf(CommanderError);
    expect(said).toContain(expected);
    expect(codes).toEqual([]);
  });
});
