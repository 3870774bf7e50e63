import { Command, InvalidArgumentError } from 'commander';
import type { AgentSettings } from '../config/agent-settings.js';
import { DEFAULT_ADMIN_SOCKET, DEFAULT_SETTINGS, LOG_LEVELS } from '../config/agent-settings.js';
import { cidrs, FlagError, logLevel, schedulerName, seconds } from '../config/flag-values.js';

/** What the commands do; each answers with the exit code. */
export interface Commands {
  run(settings: AgentSettings): Promise<number>;
  status(options: StatusOptions): Promise<number>;
  plan(settings: AgentSettings): Promise<number>;
  cleanup(options: CleanupOptions): Promise<number>;
}

export interface StatusOptions {
  readonly adminSocket: string;
  readonly output: 'table' | 'json';
}

export interface CleanupOptions {
  readonly adminSocket: string;
}

/** 0 good, 1 a problem was found, 2 the command line makes no sense, 3 the agent cannot be reached. */
export const EXIT = { good: 0, problem: 1, usage: 2, unreachable: 3 } as const;

const EXIT_CODES = `
Exit codes: 0 good, 1 a problem was found, 2 wrong usage, 3 the agent is not running.`;

/** The command line as commander knows it; `done` receives the exit code of the command that ran. */
export function commandLine(version: string, commands: Commands, done: (code: number) => void): Command {
  const program = new Command('kube-ipvs-proxy')
    .description('The IPVS service proxy for Kubernetes.')
    .version(version, '--version')
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError('(add --help for the options)')
    // Before the commands are made, since they inherit it: only main.ts ends the process.
    .exitOverride();
  addRun(program, commands, done);
  addStatus(program, commands, done);
  addPlan(program, commands, done);
  addCleanup(program, commands, done);
  return program;
}

function addRun(program: Command, commands: Commands, done: (code: number) => void): void {
  const command = program
    .command('run')
    .description('keep the kernel as the Services and EndpointSlices say, until it is stopped');
  withSettings(command).action(async (options) => done(await commands.run(toSettings(options))));
}

function addPlan(program: Command, commands: Commands, done: (code: number) => void): void {
  const command = program
    .command('plan')
    .description('print what `run` would change in the kernel, and change nothing');
  withSettings(command).action(async (options) => done(await commands.plan(toSettings(options))));
}

function addStatus(program: Command, commands: Commands, done: (code: number) => void): void {
  program
    .command('status')
    .description(
      'show what is programmed, for which Service, and what is wrong; also without a running agent',
    )
    .option('-o, --output <format>', 'table or json', outputFormat, 'table' as const)
    .option('--admin-socket <path>', "the agent's socket", DEFAULT_ADMIN_SOCKET)
    .action(async (options: StatusOptions) => done(await commands.status(options)));
}

function addCleanup(program: Command, commands: Commands, done: (code: number) => void): void {
  program
    .command('cleanup')
    .description('remove everything of ours from the kernel and nothing else; stop the agent first')
    .option('--admin-socket <path>', "the agent's socket", DEFAULT_ADMIN_SOCKET)
    .action(async (options: CleanupOptions) => done(await commands.cleanup(options)));
}

interface RawSettings {
  readonly manifests: string;
  readonly nodeName?: string;
  readonly scheduler: string;
  readonly drainDeadline: number;
  readonly clusterCidr?: readonly string[];
  readonly masqueradeAll?: boolean;
  readonly adopt?: boolean;
  readonly adminSocket: string;
  readonly logLevel: AgentSettings['logLevel'];
}

function withSettings(command: Command): Command {
  const { scheduler, drainDeadline, adminSocket } = DEFAULT_SETTINGS;
  return command
    .requiredOption('--manifests <folder>', 'folder of Service and EndpointSlice YAML')
    .option('--node-name <name>', 'this node as EndpointSlices call it (default: any endpoint may be here)')
    .option('--scheduler <name>', 'scheduler of Services that name none', parse(schedulerName), scheduler)
    .option(
      '--drain-deadline <seconds>',
      'removed TCP endpoints go after this time although connections remain',
      parse(seconds),
      drainDeadline,
    )
    .option('--cluster-cidr <cidrs>', 'pod addresses; clients outside are masqueraded', parse(cidrs))
    .option('--masquerade-all', 'masquerade every connection through a VIP')
    .option('--adopt', "take over what kube-proxy's IPVS mode left, without dropping a connection")
    .option('--admin-socket <path>', 'socket that `status` asks', adminSocket)
    .option('--log-level <level>', LOG_LEVELS.join(', '), parse(logLevel), DEFAULT_SETTINGS.logLevel);
}

function toSettings(raw: RawSettings): AgentSettings {
  const { clusterCidr = [], masqueradeAll = false, adopt = false, nodeName, ...rest } = raw;
  return { ...rest, nodeName, masqueradeAll, adopt, clusterCIDRs: clusterCidr };
}

function outputFormat(text: string): 'table' | 'json' {
  if (text !== 'table' && text !== 'json')
    throw new InvalidArgumentError(`'${text}' is no format; expected table or json.`);
  return text;
}

// commander shows the flag's name before the message of its own error type only.
function parse<T>(read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      if (error instanceof FlagError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}
