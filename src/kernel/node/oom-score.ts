import { readFile, writeFile } from 'node:fs/promises';
import type { Preparation } from '../kernel.js';
import { codeOf } from './sysctls.js';

const NOTHING: Preparation = { done: [], warnings: [] };

/**
 * Makes the kernel spare this process when memory runs out; `file`: its oom_score_adj. Lowering the score needs CAP_SYS_RESOURCE, which the main
 * container does not have. There the kubelet has set −997 for a node-critical pod, and any negative score will do.
 */
export async function setOomScore(
  score: number | undefined,
  file: string,
  write: (file: string, text: string) => Promise<void> = writeFile,
): Promise<Preparation> {
  if (score === undefined) return NOTHING;
  const present = Number((await readFile(file, 'utf8')).trim());
  if (present === score) return NOTHING;
  try {
    await write(file, String(score));
    return { ...NOTHING, done: [`set oom_score_adj of this process to ${score}`] };
  } catch (error) {
    const text =
      `oom_score_adj of this process stays ${present} instead of ${score} (${codeOf(error)}): lowering it needs ` +
      'CAP_SYS_RESOURCE; priority class system-node-critical gives the pod -997 without it';
    return present < 0 ? { ...NOTHING, done: [text] } : { ...NOTHING, warnings: [text] };
  }
}
