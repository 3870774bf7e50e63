import { CONFIG_FLAGS } from '../config/config-flags.js';

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
