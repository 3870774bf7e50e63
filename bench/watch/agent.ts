import '../../src/engine.js';
import { ReadySilentKernel } from '../kernel/silent-kernel.js';
import { followingCore } from './following-core.js';
import { report } from './report.js';

/** One start of the agent on a server that has everything already: `agent.js KUBECONFIG`. No kernel takes part. */
const [kubeconfig = ''] = process.argv.slice(2);
// A kernel that remembers nothing cannot be audited.
const core = followingCore(kubeconfig, new ReadySilentKernel(), { auditInterval: 86_400_000 });

await report(async () => {
  const began = performance.now();
  await core.start();
  if (!core.source.complete) throw new Error(JSON.stringify(core.source.problems));
  const listed = performance.now() - began;
  await core.loop.idle();
  const { synced, problems } = core.loop.state();
  if (!synced) throw new Error(`not in sync: ${JSON.stringify(problems.slice(0, 3))}`);
  return { listed, programmed: performance.now() - began };
});
await core.stop();
