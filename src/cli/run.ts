import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Logger, pino } from 'pino';
import { writtenDocuments } from '../config/completed-documents.js';
import { CONFIG_FLAGS, type ConfigFlag, OWN_FLAGS } from '../config/config-flags.js';
import { type Configuration, readConfiguration } from '../config/configuration.js';
import { FlagError, flagValue, type GivenFlag } from '../config/given-flags.js';
import { PassLog } from '../status/log/pass-log.js';
import { EXIT, explainFailure } from './exit.js';
import { LogOutput } from './log-output.js';
import type { Done } from './program.js';

/** What `run` does; each answers with the exit code. */
export interface RunCommands {
  run(configuration: Configuration): Promise<number>;
  /** `--init-only`: prepares the node and ends. */
  initOnly(configuration: Configuration): Promise<number>;
  cleanup(options: CleanupOptions): Promise<number>;
}

export interface CleanupOptions {
  readonly adminSocket: string;
}

/** Adds `run` to the command line. */
export function addRun(program: Command, commands: RunCommands, done: Done): void {
  const command = program
    .command('run')
    .description('keep the kernel as the Services and EndpointSlices say, until it is stopped')
    .option('--write-config-to <file>', 'write the configuration with every default there, and end')
    .addOption(truth('--init-only [boolean]', 'do what needs full privileges, and end'))
    .addOption(truth('--cleanup [boolean]', 'as the command cleanup'));
  withConfigOptions(command).action(async (options: RunOptions) => done(await run(options, commands)));
}

interface RunOptions extends GivenOptions {
  readonly writeConfigTo?: string;
  readonly initOnly?: boolean;
  readonly cleanup?: boolean;
}

// In kube-proxy's order: who writes a file or cleans up does not start anything.
async function run(options: RunOptions, commands: RunCommands): Promise<number> {
  const configuration = await givenConfiguration(options);
  const { writeConfigTo = '' } = options;
  if (writeConfigTo !== '') return writeConfig(writeConfigTo, configuration);
  if (options.cleanup === true) return commands.cleanup({ adminSocket: configuration.settings.adminSocket });
  if (options.initOnly === true) return commands.initOnly(configuration);
  return commands.run(configuration);
}

/** `--write-config-to`: both documents with every default, to be read back by `--config`. */
async function writeConfig(path: string, { documents, warnings }: Configuration): Promise<number> {
  for (const warning of warnings) process.stderr.write(`! ${warning}\n`);
  await writeFile(path, writtenDocuments(documents));
  process.stdout.write(`Wrote the configuration to ${path}.\n`);
  return EXIT.good;
}

/** What `run` starts. */
export interface RunningAgent {
  /**
   * Resolves when the source is complete or has waited long enough; what it knows is then being programmed. Rejects
   * where this node or its configuration can never do the work.
   */
  start(): Promise<void>;
  /** Lets the pass under way end. Everything programmed stays in the kernel. */
  stop(): Promise<void>;
}

/** What the agent reports to the command that runs it. */
export interface AgentListener {
  readonly log: PassLog;
  /** Lines of the log that could not be written, by errno's name. */
  readonly lostLogLines: () => Iterable<readonly [errno: string, lines: number]>;
  /** The latest lines of the log. */
  readonly lastLogLines: () => string;
  info(sentence: string): void;
  setLogLevel(level: string): void;
  /** These settings have changed, and only a new start applies them. */
  restart(settings: readonly string[]): void;
}

/**
 * `run`: keeps the agent going until SIGTERM, SIGINT, or a change of the configuration that takes a new start: then it
 * ends well, to be started again. Everything programmed stays when it ends.
 */
export async function runAgent(
  { settings, warnings }: Configuration,
  compose: (listener: AgentListener) => RunningAgent,
): Promise<number> {
  const output = LogOutput.of(process.stdout.fd);
  const logger = pino({ level: settings.logLevel, base: null }, output);
  output.listen((lost, errno) => logger.warn({ lost, errno }, LOST));
  for (const warning of warnings) logger.warn(warning);
  try {
    await keepRunning(compose, logger, output);
    return EXIT.good;
  } catch (error) {
    logger.fatal(explainFailure(error));
    return EXIT.problem;
  } finally {
    await output.flushed(LAST_LINES_MILLISECONDS);
  }
}

const LOST = 'lines of this log were lost, because they could not be written; make room, or read it faster';
/** For the last lines to be read, where the reader is slow; then the process ends without them. */
const LAST_LINES_MILLISECONDS = 500;

async function keepRunning(
  compose: (listener: AgentListener) => RunningAgent,
  logger: Logger,
  output: LogOutput,
): Promise<void> {
  const end = untilEnd();
  const agent = compose({
    log: new PassLog(logger),
    lostLogLines: () => output.lost,
    lastLogLines: () => output.lastLines,
    info: (sentence) => logger.info(sentence),
    setLogLevel(level) {
      logger.level = level;
    },
    restart: (settings) => end.request({ changed: settings }),
  });
  try {
    // The start may wait for a server that is away: a signal ends it.
    const requested = end.requested.then(() => false);
    if (await Promise.race([agent.start().then(() => true), requested])) logger.info('started');
    logger.info(await end.requested, 'stopping; everything programmed stays');
  } finally {
    await agent.stop();
  }
}

interface End {
  /** What is said of it in the log. */
  readonly requested: Promise<object>;
  request(reason: object): void;
}

function untilEnd(): End {
  let request: (reason: object) => void = () => undefined;
  const requested = new Promise<object>((resolve) => {
    request = resolve;
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => request({ signal }));
  return { requested, request };
}

/** What commander gives an action: values by the name of the flag in camel case. */
export type GivenOptions = Readonly<Record<string, unknown>>;

/** Adds `--config` and every flag that stands for a field of it. */
export function withConfigOptions(command: Command): Command {
  command.addOption(
    new Option('--config <file>', 'KubeProxyConfiguration and, in a second document, our own settings'),
  );
  command.addOption(
    truth(
      '--strict-config [boolean]',
      "refuse unknown fields in kube-proxy's document, instead of a warning",
    ),
  );
  for (const flag of CONFIG_FLAGS) command.addOption(optionOf(flag));
  return command;
}

/** The configuration that file and flags come to. Rejects with ConfigError. */
export function givenConfiguration(options: GivenOptions): Promise<Configuration> {
  const flags = CONFIG_FLAGS.map((flag) => ({ flag, value: options[optionOf(flag).attributeName()] }));
  const given: GivenFlag[] = flags.filter(({ value }) => value !== undefined);
  const { config, strictConfig = false } = options;
  // An empty flag is none, as for every flag of kube-proxy that names a file.
  const file = typeof config === 'string' && config !== '' ? config : undefined;
  return readConfiguration({ file, flags: given, strict: strictConfig === true });
}

function optionOf(flag: ConfigFlag): Option {
  const option = new Option(
    `${flag.name === 'v' ? '-v, ' : ''}--${flag.name} ${argument(flag)}`,
    meaning(flag),
  );
  option.helpGroup(OWN_FLAGS.includes(flag) ? 'Our own, also beside --config:' : 'As kube-proxy has them:');
  return option.argParser(reader(flag));
}

function argument({ value }: ConfigFlag): string {
  return value === 'boolean' ? '[boolean]' : `<${value}>`;
}

function meaning({ field, because, besideConfig }: ConfigFlag): string {
  if (field === undefined) return `accepted without effect: ${because}`;
  return `as ${field.path} in the file${besideConfig === 'counts' ? ', and over it' : ''}`;
}

// commander shows the flag's name before the message of its own error type only.
function reader({ value: kind }: ConfigFlag): (text: string, before: unknown) => unknown {
  return (text, before) => {
    try {
      return flagValue(kind, text, before);
    } catch (error) {
      if (error instanceof FlagError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}

/** An option that is true, false or absent; without a value it is true. */
function truth(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    if (text !== 'true' && text !== 'false')
      throw new InvalidArgumentError(`'${text}' is neither true nor false.`);
    return text === 'true';
  });
}
