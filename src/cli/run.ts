import { type Logger, pino } from 'pino';
import type { Configuration } from '../config/configuration.js';
import type { PassReport, SyncState } from '../model/sync-state.js';
import { PassLog } from '../status/pass-log.js';
import { EXIT } from './exit.js';
import { explainFailure } from './failure.js';

interface RunningAgent {
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Preparation {
  readonly done: readonly string[];
  readonly warnings: readonly string[];
}

/** What the agent tells while it runs. */
interface RunListener {
  prepared(preparation: Preparation): void;
  passed(report: PassReport): void;
  passFailed(error: unknown): void;
  problems(loop: { state(): SyncState }): void;
}

/** `run`: keeps the agent going until SIGTERM or SIGINT. Everything programmed stays when it ends. */
export async function runAgent(
  { settings, warnings }: Configuration,
  compose: (listener: RunListener) => RunningAgent,
): Promise<number> {
  const logger = pino({ level: settings.logLevel, base: null });
  for (const warning of warnings) logger.warn(warning);
  try {
    await keepRunning(compose(logListener(logger)), logger);
    return EXIT.good;
  } catch (error) {
    logger.fatal(explainFailure(error));
    return EXIT.problem;
  }
}

async function keepRunning(agent: RunningAgent, logger: Logger): Promise<void> {
  try {
    await agent.start();
    logger.info('started');
    logger.info({ signal: await untilSignal() }, 'stopping; everything programmed stays');
  } finally {
    await agent.stop();
  }
}

function logListener(logger: Logger): RunListener {
  const log = new PassLog(logger);
  return {
    prepared: (preparation) => log.prepared(preparation),
    passed: (report) => log.passed(report),
    passFailed: (error) => log.passFailed(`the kernel could not be looked at: ${explainFailure(error)}`),
    problems: (loop) => log.problems(loop.state().problems),
  };
}

function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}
