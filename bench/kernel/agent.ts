import { loadCompiled } from '../../src/compiled-file.js';

/**
 * One start of the agent's core: `agent.js SERVICES ENDPOINTS MIX [silent]`. Run twice in one namespace, the second is a
 * restart with nothing changed. With `silent` no kernel takes part: what is left is the agent's own work. Prints an
 * AgentRun as JSON. As the program, the core is compiled ahead where bench/kernel/run has done so.
 */
type AgentParts = typeof import('./agent-run.js');

const compiled = loadCompiled(new URL('agent.cjs', import.meta.url)) as AgentParts | undefined;
const { runAgent } = compiled ?? (await import('./agent-run.js'));
await runAgent(process.argv.slice(2));
