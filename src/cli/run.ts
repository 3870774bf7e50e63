import { type Logger, pino } from 'pino';
import type { Configuration } from '../config/configuration.js';
import { PassLog } from '../status/pass-log.js';
import { EXIT } from './exit.js';
import { explainFailure } from './failure.js';

interface RunningAgent {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What the agent tells while it runs. */
interface RunListener {
  readonly log: PassLog;
  info(sentence: string): void;
  setLogLevel(level: string): void;
  restart(settings: readonly string[]): void;
}

/**
 * `run`: keeps the agent going until SIGTERM, SIGINT, or a change of the configuration that takes a new start: then it ends
 * well, to be started again. Everything programmed stays when it ends.
 */
export async function runAgent(
  { settings, warnings }: Configuration,
  compose: (listener: RunListener) => RunningAgent,
): Promise<number> {
  const logger = pino({ level: settings.logLevel, base: null });
  for (const warning of warnings) logger.warn(warning);
  try {
    await keepRunning(compose, logger);
    return EXIT.good;
  } catch (error) {
    logger.fatal(explainFailure(error));
    return EXIT.problem;
  }
}

async function keepRunning(compose: (listener: RunListener) => RunningAgent, logger: Logger): Promise<void> {
  const end = untilEnd();
  const agent = compose({
    log: new PassLog(logger),
    info: (sentence) => logger.info(sentence),
    setLogLevel(level) {
      logger.level = level;
    },
    restart: (settings) => end.wish({ changed: settings }),
  });
  try {
    // The start may wait for a server that is away: a signal ends it.
    const wished = end.wished.then(() => false);
    if (await Promise.race([agent.start().then(() => true), wished])) logger.info('started');
    logger.info(await end.wished, 'stopping; everything programmed stays');
  } finally {
    await agent.stop();
  }
}

interface End {
  /** What is said of it in the log. */
  readonly wished: Promise<object>;
  wish(reason: object): void;
}

function untilEnd(): End {
  let wish: (reason: object) => void = () => undefined;
  const wished = new Promise<object>((resolve) => {
    wish = resolve;
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => wish({ signal }));
  return { wished, wish };
}
