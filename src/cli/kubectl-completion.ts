import type { Command, Option } from 'commander';
import { flagsIn } from './completion.js';

/** How kubectl goes on where nothing fits: with the names of files, or not. */
const FILES = ':0';
const NO_FILES = ':4';

/** Options of which the names of nodes are values. */
const OF_NODES = '--node';

/** `kubectl` calls this program of PATH for the words after `kubectl ipvs`. */
export const COMPLETION_PROGRAM = '#!/bin/sh\nexec kubectl-ipvs __complete "$@"\n';

/**
 * What kubectl offers for the last of these words, in the form in which it asks plugins: a line for each, a description
 * behind a tab, and what to do where nothing fits.
 */
export async function kubectlCompletion(
  program: Command,
  words: readonly string[],
  nodes: () => Promise<readonly string[]>,
): Promise<string> {
  const current = words.at(-1) ?? '';
  const command = words.length < 2 ? program : program.commands.find((one) => one.name() === words[0]);
  const { lines, otherwise } = command === undefined ? NOTHING : await offers(command, words, nodes);
  const fitting = lines.filter((line) => line.startsWith(current));
  return `${[...fitting, otherwise].join('\n')}\n`;
}

interface Offers {
  readonly lines: readonly string[];
  readonly otherwise: string;
}

const NOTHING: Offers = { lines: [], otherwise: NO_FILES };

async function offers(
  command: Command,
  words: readonly string[],
  nodes: () => Promise<readonly string[]>,
): Promise<Offers> {
  const help = command.createHelp();
  const options = help.visibleOptions(command);
  const asked = options.find((option) => option.required && flagsIn(option).includes(words.at(-2) ?? ''));
  if (asked?.long === OF_NODES) return { lines: await nodes(), otherwise: NO_FILES };
  if (asked !== undefined) return valuesOf(asked);
  if ((words.at(-1) ?? '').startsWith('-'))
    return { lines: options.flatMap((option) => flagLines(option)), otherwise: NO_FILES };
  const commands = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  return { lines: commands.map((one) => `${one.name()}\t${one.description()}`), otherwise: NO_FILES };
}

function valuesOf({ argChoices, flags }: Option): Offers {
  if (argChoices !== undefined) return { lines: argChoices, otherwise: NO_FILES };
  return { lines: [], otherwise: /<(file|path)>/.test(flags) ? FILES : NO_FILES };
}

function flagLines(option: Option): string[] {
  return flagsIn(option).map((flag) => `${flag}\t${option.description}`);
}
