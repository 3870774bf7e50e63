import { vi } from 'vitest';
import type { KernelViews } from '../../src/cli/view-commands.js';

/** Of a kernel at which nobody is to look. */
export function unseenKernel() {
  return {
    status: vi.fn(),
    rows: vi.fn(),
    look: vi.fn(),
    connections: vi.fn(),
    supportSources: vi.fn(),
    node: { condition: vi.fn(), apiServer: vi.fn() },
  } satisfies KernelViews;
}
