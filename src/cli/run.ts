import { type Logger, pino } from 'pino';
import type { Configuration } from '../config/configuration.js';
import { PassLog } from '../status/log/pass-log.js';
import { EXIT, explainFailure } from './exit.js';
import { LogOutput } from './log-output.js';

interface RunningAgent {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What the agent reports while it runs. */
interface RunListener {
  readonly log: PassLog;
  /** Lines of the log that could not be written, by errno's name. */
  readonly lostLogLines: () => Iterable<readonly [errno: string, lines: number]>;
  /** The latest lines of the log. */
  readonly lastLogLines: () => string;
  info(sentence: string): void;
  setLogLevel(level: string): void;
  restart(settings: readonly string[]): void;
}

/**
 * `run`: keeps the agent going until SIGTERM, SIGINT, or a change of the configuration that takes a new start: then it
 * ends well, to be started again. Everything programmed stays when it ends.
 */
export async function runAgent(
  { settings, warnings }: Configuration,
  compose: (listener: RunListener) => RunningAgent,
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
  compose: (listener: RunListener) => RunningAgent,
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
