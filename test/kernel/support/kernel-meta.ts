import { release, version } from 'node:os';
import type { TestContext } from 'vitest';
import type { KernelMeta } from '../../../scripts/vitest-report.js';

/** Leaves in the report of this run which kernel it was and what the agent found, for docs/kernels.md. */
export function tellKernel(task: TestContext['task'], features: string): void {
  const meta: KernelMeta = { kernel: { release: release(), build: version(), features } };
  Object.assign(task.meta, meta);
}

/** Ends a test that this kernel cannot pass, for the reason that the kernel or its tools give. */
export function skipWithWords(task: TestContext['task'], skip: TestContext['skip'], words: string): void {
  const meta: KernelMeta = { off: words };
  Object.assign(task.meta, meta);
  skip(words);
}
