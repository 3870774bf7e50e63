import { type AgentListener, ComposedAgent } from './compose-agent.js';
import type { ComposedViews } from './compose-views.js';
import type { Configuration } from './config/configuration.js';
import { loadAddon } from './kernel/native/addon.js';
import { checkNode } from './kernel/node/init-node.js';
import { featureText } from './kernel/node/kernel-features.js';
import { AdminServer } from './status/admin-server.js';

interface Agent {
  /**
   * Resolves when the source is complete or has waited long enough; what it knows is then being programmed. Rejects
   * where this node or its configuration can never do the work.
   */
  start(): Promise<void>;
  /** Lets the pass under way end. Everything programmed stays in the kernel. */
  stop(): Promise<void>;
}

export function composeAgent(configuration: Configuration, version: string, listener: AgentListener): Agent {
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
