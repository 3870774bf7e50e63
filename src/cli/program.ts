import { Command } from 'commander';
import { CONFIG_FLAGS } from '../config/config-flags.js';

/** Receives the exit code of the command that ran. */
export type Done = (code: number) => void;

/** What stands below the options in `--help`. */
export const EXIT_CODES = `
Without a command, and with any flag, it is \`run\`: kube-proxy's command line works unchanged.
Exit codes: 0 good, 1 a problem was found, 2 wrong usage or configuration, 3 the agent is not running,
4 there is nothing of what was asked for.`;

/** What a program says of itself. */
interface ProgramText {
  readonly name: string;
  readonly description: string;
  /** Below the options in `--help`. */
  readonly more: string;
}

const ON_A_NODE: ProgramText = {
  name: 'kube-ipvs-proxy',
  description: 'The IPVS service proxy for Kubernetes.',
  more: EXIT_CODES,
};

/** The command line without commands. */
export function emptyCommandLine(version: string, text: ProgramText = ON_A_NODE): Command {
  return (
    new Command(text.name)
      .description(text.description)
      .version(version, '--version')
      .addHelpText('after', text.more)
      .showHelpAfterError('(add --help for the options)')
      // Before the commands are made, since they inherit it: only main.ts ends the process.
      .exitOverride()
  );
}

const BOOLEANS = new Set([
  ...CONFIG_FLAGS.filter(({ value }) => value === 'boolean').map(({ name }) => name),
  'init-only',
  'cleanup',
  'strict-config',
]);

/** Commands that make one row of what a node says. */
export const FOR_ALL_NODES: ReadonlySet<string> = new Set(['status', 'why', 'diff', 'check']);
/** Commands that look and change nothing; any can be sent to another node. */
export const VIEW_COMMANDS: ReadonlySet<string> = new Set([
  ...FOR_ALL_NODES,
  'services',
  'backends',
  'events',
  'connections',
  'top',
  'support-bundle',
]);

/** The commands that take kube-proxy's flags. */
const WITH_FLAGS = ['run', 'plan'];

/**
 * The words of the command line as our own command line understands them. kube-proxy has no commands: where the first
 * word is a flag, `run` is meant. Its flags follow Go's rules: `--a_b` is `--a-b`, `-v=2` is `--v=2`, and a boolean
 * without `=` is true whatever comes after it.
 */
export function commandWords(words: readonly string[]): string[] {
  const [first = ''] = words;
  if (WITH_FLAGS.includes(first)) return [first, ...words.slice(1).map(goWord)];
  if (!first.startsWith('-') || /^(-h|--help)$/.test(first)) return [...words];
  // Asked for anywhere, as DaemonSets are debugged by adding it at the end.
  if (words.some((word) => /^--version(=(true|raw))?$/.test(word))) return ['--version'];
  return ['run', ...words.map(goWord)];
}

function goWord(word: string): string {
  const verbosity = /^-v=?(\d+)$/.exec(word);
  if (verbosity !== null) return `--v=${verbosity[1]}`;
  const [, dashed, rest = ''] = /^--([\w-]+)(=.*)?$/s.exec(word) ?? [];
  if (dashed === undefined) return word;
  const name = dashed.replaceAll('_', '-');
  return rest === '' && BOOLEANS.has(name) ? `--${name}=true` : `--${name}${rest}`;
}
