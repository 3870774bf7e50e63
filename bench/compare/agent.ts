import { loadCompiled } from '../../src/compiled-file.js';

/**
 * The agent's core for one cell: `agent.js SERVICES ENDPOINTS [routes]`. It loads and fills its source, says "ready", and then
 * does what each line of its input says (an AgentOrder), and answers with a line. Draining and auditing are put off, so
 * that what is measured is what was ordered. As the program, the core is compiled ahead where bench/compare/run has done
 * so.
 */
type AgentParts = typeof import('./agent-run.js');

const compiled = loadCompiled(new URL('agent.cjs', import.meta.url)) as AgentParts | undefined;
const { runAgent } = compiled ?? (await import('./agent-run.js'));
await runAgent();
