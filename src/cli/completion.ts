import type { Command, Help, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The script that completes our command line in a shell, made of the same commands and options as `--help`. */
export function completionScript(shell: Shell, program: Command): string {
  return SCRIPTS[shell](program);
}

const SCRIPTS: Readonly<Record<Shell, (program: Command) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

const FUNCTION = '_kube_ipvs_proxy';

function bashScript(program: Command): string {
  const { help, commands } = partsOf(program);
  const names = [...commands.map((command) => command.name()), ...flagsOf(program, help)];
  const offers = commands.map((command) => {
    const words = [...flagsOf(command, help), ...argumentChoices(command)];
    return `      ${bashPattern(command)}) offered=${quoted(words.join(' '))} ;;`;
  });
  const values = valueCases(commands, help, (words) => `offered=${quoted(words.join(' '))}`);
  return `${[
    `# bash completion for ${program.name()}: source this file.`,
    `${FUNCTION}() {`,
    `  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} offered=''`,
    '  if ((COMP_CWORD == 1)); then',
    `    offered=${quoted(names.join(' '))}`,
    '  else',
    `    case \${COMP_WORDS[1]} in`,
    ...offers,
    '    esac',
    '  fi',
    `  case "\${COMP_WORDS[1]} $previous" in`,
    ...values,
    '  esac',
    '  mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$current")',
    '}',
    // Where nothing fits, the name of a file is meant.
    `complete -o default -F ${FUNCTION} ${program.name()}`,
  ].join('\n')}\n`;
}

/** Of `case "COMMAND FLAG"`: what is offered behind a flag that takes certain words. */
function valueCases(
  commands: readonly Command[],
  help: Help,
  offer: (words: readonly string[]) => string,
): string[] {
  return commands.flatMap((command) =>
    help.visibleOptions(command).flatMap((option) => {
      if (option.argChoices === undefined) return [];
      const patterns = flagsIn(option).map((flag) => quoted(`${command.name()} ${flag}`));
      return [`    ${patterns.join(' | ')}) ${offer(option.argChoices)} ;;`];
    }),
  );
}

// Without a command, and with any flag, it is `run`.
function bashPattern(command: Command): string {
  return command.name() === 'run' ? 'run | -*' : command.name();
}

function zshScript(program: Command): string {
  const itself = `_${program.name()}`;
  const { help, commands } = partsOf(program);
  const names = [
    ...commands.map((command) => zshEntry(command.name(), help.subcommandDescription(command))),
    ...help.visibleOptions(program).flatMap((option) => zshOption(option, help)),
  ];
  const values = valueCases(commands, help, (words) => `offered=(${words.map(quoted).join(' ')})`);
  const offers = commands.flatMap((command) => [
    `    ${bashPattern(command)}) offered=(`,
    ...help.visibleOptions(command).flatMap((option) => zshOption(option, help)),
    ...argumentChoices(command).map((word) => zshEntry(word, command.name())),
    '    ) ;;',
  ]);
  return `${[
    `#compdef ${program.name()}`,
    `${itself}() {`,
    '  local -a offered',
    '  if (( CURRENT == 2 )); then',
    '    offered=(',
    ...names,
    '    )',
    '  else',
    '    case $words[2] in',
    ...offers,
    '    esac',
    '  fi',
    '  case "$words[2] $words[CURRENT-1]" in',
    ...values,
    '  esac',
    // zsh takes all of them for options with -o, and offers none before a hyphen is typed.
    '  if [[ $PREFIX == -* ]]; then',
    '    _describe -o option offered',
    '  else',
    `    offered=(\${offered:#-*})`,
    '    _describe word offered || _files',
    '  fi',
    '}',
    `compdef ${itself} ${program.name()}`,
    // Of a folder of fpath it is read at the first question, which would go unanswered without this.
    `if [ "$funcstack[1]" = ${itself} ]; then ${itself} "$@"; fi`,
  ].join('\n')}\n`;
}

function zshOption(option: Option, help: Help): string[] {
  return flagsIn(option).map((flag) => zshEntry(flag, help.optionDescription(option)));
}

function zshEntry(word: string, description: string): string {
  return `      ${quoted(`${word.replaceAll(':', '\\:')}:${description}`)}`;
}

function fishScript(program: Command): string {
  const { help, commands } = partsOf(program);
  const name = program.name();
  const lines = [
    ...commands.map((command) =>
      [
        '-n __fish_use_subcommand',
        '-f',
        `-a ${command.name()}`,
        described(help.subcommandDescription(command)),
      ].join(' '),
    ),
    ...help.visibleOptions(program).map((option) => `-n __fish_use_subcommand ${fishOption(option, help)}`),
    ...commands.flatMap((command) => {
      const here = `-n '__fish_seen_subcommand_from ${command.name()}'`;
      const words = argumentChoices(command);
      return [
        ...help.visibleOptions(command).map((option) => `${here} ${fishOption(option, help)}`),
        ...(words.length > 0 ? [`${here} -f -a ${fishQuoted(words.join(' '))}`] : []),
      ];
    }),
  ];
  return `${lines.map((line) => `complete -c ${name} ${line}`).join('\n')}\n`;
}

function fishOption(option: Option, help: Help): string {
  const { short, long, argChoices, required } = option;
  return [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ...(long === undefined || long === null ? [] : [`-l ${long.slice(2)}`]),
    ...(required ? ['-r'] : []),
    ...(argChoices === undefined ? [] : [`-f -a ${fishQuoted(argChoices.join(' '))}`]),
    described(help.optionDescription(option)),
  ].join(' ');
}

function described(text: string): string {
  return `-d ${fishQuoted(text)}`;
}

function partsOf(program: Command): { readonly help: Help; readonly commands: readonly Command[] } {
  const help = program.createHelp();
  return { help, commands: help.visibleCommands(program) };
}

function flagsOf(command: Command, help: Help): string[] {
  return help.visibleOptions(command).flatMap(flagsIn);
}

/** `-o` and `--output`, as far as there are both. */
function flagsIn({ short, long }: Option): string[] {
  return [short, long].flatMap((flag) => (flag === undefined || flag === null ? [] : [flag]));
}

function argumentChoices({ registeredArguments }: Command): string[] {
  return registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
}

/** One word in bash and zsh, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

// In fish a backslash quotes within single quotes too.
function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

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
