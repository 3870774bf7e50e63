import './engine.js';
import type { Command } from 'commander';
import { runCleanup, runInitOnly } from './cli/node-commands.js';
import { type Done, emptyCommandLine } from './cli/program.js';
import { type AgentListener, addRun, type RunCommands, type RunningAgent, runAgent } from './cli/run.js';
import { ComposedAgent } from './compose-agent.js';
import { withKernel } from './compose-node.js';
import type { ComposedViews } from './compose-views.js';
import { warmUpAgent } from './compose-warm-up.js';
import type { Configuration } from './config/configuration.js';
import { VERSION } from './config/version.js';
import { loadAddon } from './kernel/native/addon.js';
import { checkNode, initNode } from './kernel/node/init-node.js';
import { featureText } from './kernel/node/kernel-features.js';
import { TrialService } from './kernel/trial-service/trial-service.js';
import type { CleanupReport } from './model/status-report.js';
import { cleanUp } from './reconcile/removal.js';
import { AdminServer } from './status/admin-server.js';

function composeAgent(configuration: Configuration, version: string, listener: AgentListener): RunningAgent {
  const { settings } = configuration;
  let agent: ComposedAgent | undefined;
  let stopped = false;
  let composed: (views: ComposedViews) => void = () => undefined;
  // Who asks before there is anything to say waits for it.
  const answering = new Promise<ComposedViews>((resolve) => {
    composed = resolve;
  });
  const admin = new AdminServer(settings.adminSocket, {
    version,
    routes: {
      '/status': async (query) => (await answering).report(query),
      '/service': async (query) => (await answering).service(query),
      '/services': async (query) => (await answering).services(query),
      '/diff': async () => (await answering).differences(),
      '/api-server': async () => (await answering).apiServer(),
      '/events': async (query) => (await answering).events(query),
      '/metrics': async () => (await answering).page('/metrics'),
      '/configz': async () => (await answering).page('/configz'),
      '/flagz': async () => (await answering).page('/flagz'),
      '/statusz': async () => (await answering).page('/statusz'),
      '/log': async () => listener.lastLogLines(),
    },
  });
  return {
    async start() {
      // The socket first: where another agent has it, nothing has been written yet.
      await admin.listen();
      if (stopped) return;
      const { features, ...preparation } = await checkNode(loadAddon(), settings.nodeSetUp);
      // Begun after its end, it would never end.
      if (stopped) return;
      listener.info(featureText(features));
      listener.log.prepared(preparation);
      agent = new ComposedAgent(configuration, version, listener, features);
      composed(agent.views);
      await agent.start();
    },
    async stop() {
      stopped = true;
      await agent?.stop();
      await admin.close();
    },
  };
}

/** For `scripts/compile-ahead`. */
export const warmUpFirstPass = warmUpAgent;

/** The engine is set first, so that it holds for all that follows. */
export const RUN_COMMANDS: RunCommands = {
  run: (configuration) =>
    runAgent(configuration, (listener) => composeAgent(configuration, VERSION, listener)),
  initOnly: (configuration) => {
    const { nodeSetUp, scheduler } = configuration.settings;
    return runInitOnly(configuration, () => initNode(loadAddon(), nodeSetUp, scheduler));
  },
  cleanup: (options) => runCleanup(options, composeCleanup),
};

/** The command line with `run` alone: to describe all other commands takes a tenth of the start. */
export function runCommandLine(done: Done): Command {
  const program = emptyCommandLine(VERSION);
  addRun(program, RUN_COMMANDS, done);
  return program;
}

/** What a killed self-test left goes too. */
async function composeCleanup(): Promise<CleanupReport> {
  const report = await withKernel(cleanUp);
  const trial = new TrialService(loadAddon());
  try {
    return { ...report, done: [...report.done, ...(await trial.remove())] };
  } finally {
    trial.close();
  }
}
