import { PROGRAM } from '../../../lab/agent.js';
import type { Host } from '../../../lab/host.js';
import type { Code } from '../../../src/diagnosis/codes.js';

/** What `why` answered, as its JSON has it. */
export interface WhyAnswer {
  readonly exitCode: number | null;
  readonly sentence: string;
  readonly verdict: string;
  /** In the order in which they explain. */
  readonly causes: readonly Code[];
  readonly remarks: readonly Code[];
}

/** The lab's programs keep the machine's /sys, which shows the devices of another namespace. */
export const WITH_OWN_SYS = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'mount -t sysfs sysfs /sys && exec "$@"',
  'sh',
];

/** Runs the shipped program on the node, as a person would. */
export async function why(node: Host, adminSocket: string, words: readonly string[]): Promise<WhyAnswer> {
  const command = [process.execPath, PROGRAM, 'why', ...words, '-o', 'json', '--admin-socket', adminSocket];
  const { code, stdout, stderr } = await node.namespace.try([...WITH_OWN_SYS, ...command]);
  if (!stdout.startsWith('{'))
    throw new Error(`why ${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  const { sentence, verdict, causes, remarks } = JSON.parse(stdout) as {
    sentence: string;
    verdict: string;
    causes: { code: Code }[];
    remarks: { code: Code }[];
  };
  const codes = (list: { code: Code }[]) => list.map(({ code: found }) => found);
  return { exitCode: code, sentence, verdict, causes: codes(causes), remarks: codes(remarks) };
}
