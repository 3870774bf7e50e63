import type { Command, Help } from 'commander';

/**
 * The manual page in roff, made of the same commands and options as `--help`; `notes` is what stands below them there.
 */
export function manPage(program: Command, version: string, notes: string): string {
  const help = program.createHelp();
  const commands = help.visibleCommands(program).filter((command) => command.name() !== 'help');
  const name = program.name();
  return `${[
    `.TH ${name.toUpperCase()} 8 "" "${name} ${roff(version)}"`,
    '.SH NAME',
    `${roff(name)} \\- ${roff(help.commandDescription(program))}`,
    '.SH SYNOPSIS',
    roff(help.commandUsage(program)),
    '.SH OPTIONS',
    ...optionLines(program, help),
    '.SH COMMANDS',
    ...commands.flatMap((command) => commandLines(command, help)),
    '.SH NOTES',
    ...notes.trim().split('\n').map(roff),
  ].join('\n')}\n`;
}

function commandLines(command: Command, help: Help): string[] {
  return [
    `.SS ${roff(command.name())}`,
    `.B ${roff(help.commandUsage(command))}`,
    '.PP',
    roff(help.commandDescription(command)),
    ...help
      .visibleArguments(command)
      .flatMap((argument) => entry(help.argumentTerm(argument), help.argumentDescription(argument))),
    ...optionLines(command, help),
  ];
}

function optionLines(command: Command, help: Help): string[] {
  return help
    .visibleOptions(command)
    .flatMap((option) => entry(help.optionTerm(option), help.optionDescription(option)));
}

function entry(term: string, description: string): string[] {
  return ['.TP', `.B ${roff(term)}`, roff(description)];
}

/** Text as roff prints it unchanged: a backslash, a hyphen, and a line that looks like a request are none. */
function roff(text: string): string {
  const line = text.replaceAll('\n', ' ').replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(line) ? `\\&${line}` : line;
}
