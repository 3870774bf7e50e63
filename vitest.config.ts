import { defineConfig } from 'vitest/config';

const kernelTests = ['test/kernel/**/*.test.ts', 'test/contract/*.kernel.test.ts'];

// Two projects: `unit` needs no root and no kernel and runs in parallel; `kernel` runs on the real thing,
// one file after another in one process, because start-up dominates inside an emulated machine.
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: kernelTests } },
      {
        test: {
          name: 'kernel',
          include: kernelTests,
          fileParallelism: false,
          isolate: false,
          pool: 'threads',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
