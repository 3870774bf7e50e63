import { release, version } from 'node:os';
import type { TestContext } from 'vitest';
import type { KernelMeta } from '../../../scripts/test-kernels/kernel-run.js';

/** Leaves in the report of this run which kernel it was and what the agent found, for docs/kernels.md. */
export function tellKernel(task: TestContext['task'], features: string): void {
  const meta: KernelMeta = { kernel: { release: release(), build: version(), features } };
  Object.assign(task.meta, meta);
}
