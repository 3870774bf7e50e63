#!/usr/bin/env -S MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072 node --initial-heap-size=32
import type { Command } from 'commander';
import { commandWords, VIEW_COMMANDS } from './cli/command-words.js';
import { EXIT, endedBy, ignoreClosedPipe } from './cli/exit.js';
import type { Done } from './cli/program.js';

type CommandLine = (done: Done, words: readonly string[]) => Command;

/**
 * The command line that knows the command of these words. A look does not wait for the agent's parts, nor the agent for
 * those of other commands. There are three and no more, since each file that the bundle has apart costs every start
 * half a millisecond.
 */
async function commandLineFor([command = '']: readonly string[]): Promise<CommandLine> {
  if (command === 'run') return (await agentParts()).runCommandLine;
  if (VIEW_COMMANDS.has(command)) return (await import('./compose-view-commands.js')).viewCommandLine;
  return (await import('./compose-command-line.js')).fullCommandLine;
}

type AgentParts = typeof import('./compose.js');

/** The bundle has them in a file of their own, compiled ahead: a start and the first pass over a cluster take less. */
async function agentParts(): Promise<AgentParts> {
  const { loadCompiled } = await import('./compiled-file.js');
  const compiled = loadCompiled(new URL('run.cjs', import.meta.url)) as AgentParts | undefined;
  return compiled ?? import('./compose.js');
}

/** The exit code of what the command line asks for; see `--help` for the codes. */
async function main(words: readonly string[]): Promise<number> {
  let code: number = EXIT.good;
  const done: Done = (answer) => {
    code = answer;
  };
  try {
    const commandLine = await commandLineFor(words);
    await commandLine(done, words).parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    return endedBy(error);
  }
}

for (const stream of [process.stdout, process.stderr]) ignoreClosedPipe(stream);

process.exitCode = await main(commandWords(process.argv.slice(2)));
