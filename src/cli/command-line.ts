import { Argument, type Command, type Help } from 'commander';
import { DEFAULT_ADMIN_SOCKET } from '../config/agent-settings.js';
import type { Configuration } from '../config/configuration.js';
import { completionScript, SHELLS, type Shell } from './completion.js';
import { EXIT } from './exit.js';
import { type ManifestOptions, type OverlayChoice, withManifestOptions } from './manifest.js';
import { type Done, EXIT_CODES, emptyCommandLine } from './program.js';
import {
  addRun,
  type CleanupOptions,
  type GivenOptions,
  givenConfiguration,
  type RunCommands,
  withConfigOptions,
} from './run.js';
import { DEFAULT_ADDRESS, type SelftestOptions } from './selftest.js';
import { type VersionOptions, withVersionOptions } from './version.js';
import { addViewCommands, type KernelViews, tableOrJson } from './view-commands.js';

/** What the commands do; each answers with the exit code. */
export interface Commands extends RunCommands {
  plan(configuration: Configuration): Promise<number>;
  selftest(options: SelftestOptions): Promise<number>;
  manifest(options: ManifestOptions): Promise<number>;
  readonly overlays: OverlayChoice;
  version(options: VersionOptions): Promise<number>;
  readonly kernel: KernelViews;
}

/**
 * The command line as commander knows it; `done` receives the exit code of the command that ran. See `commandWords`.
 */
export function commandLine(version: string, commands: Commands, done: Done): Command {
  const program = emptyCommandLine(version);
  addRun(program, commands, done);
  addViewCommands(program, commands.kernel, done);
  addPlan(program, commands, done);
  addCleanup(program, commands, done);
  addSelftest(program, commands, done);
  withManifestOptions(program.command('manifest'), commands.overlays, async (options) =>
    done(await commands.manifest(options)),
  );
  withVersionOptions(program.command('version'), tableOrJson, async (options) =>
    done(await commands.version(options)),
  );
  addHelpInOtherForms(program, version, done);
  return program;
}

function addHelpInOtherForms(program: Command, version: string, done: Done): void {
  const print = (text: string) => {
    process.stdout.write(text);
    done(EXIT.good);
  };
  program
    .command('completion')
    .description('print the script that completes this command line in a shell')
    .addArgument(new Argument('<shell>', 'whose language it is in').choices(SHELLS))
    .action((shell: Shell) => print(completionScript(shell, program)));
  program
    .command('man')
    .description('print the manual page, as for `man -l -`')
    .action(() => print(manPage(program, version, EXIT_CODES)));
}

function addPlan(program: Command, commands: Commands, done: Done): void {
  const command = program
    .command('plan')
    .description('print what `run` would change in the kernel, and change nothing');
  withConfigOptions(command).action(async (options: GivenOptions) =>
    done(await commands.plan(await givenConfiguration(options))),
  );
}

function addCleanup(program: Command, commands: Commands, done: Done): void {
  program
    .command('cleanup')
    .description('remove everything of ours from the kernel and nothing else; stop the agent first')
    .option('--admin-socket <path>', "the agent's socket", DEFAULT_ADMIN_SOCKET)
    .action(async (options: CleanupOptions) => done(await commands.cleanup(options)));
}

function addSelftest(program: Command, commands: Commands, done: Done): void {
  program
    .command('selftest')
    .description('serve a Service of its own for a moment, connect to it, and remove it again')
    .option('--address <address>', 'of that Service: one that nothing uses', DEFAULT_ADDRESS)
    .action(async (options: SelftestOptions) => done(await commands.selftest(options)));
}

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
