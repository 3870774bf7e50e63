import { defineConfig } from 'vitest/config';

const kernelTests = ['test/kernel/**/*.test.ts', 'test/contract/*.kernel.test.ts'];
const imageTests = ['test/image/**/*.test.ts'];

// `unit` needs no root and no kernel and runs in parallel; `kernel` runs on the real thing, one file after another in
// one process, because start-up dominates inside an emulated machine; `image` does so with what `npm run image` has
// built.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...kernelTests, ...imageTests],
          // Loading the same modules for every file anew took twice as long as all tests together. No test leaves
          // anything behind in them.
          isolate: false,
          // Vitest leaves one processor to itself, which on two halves the workers. It needs it at the start only.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'kernel',
          include: kernelTests,
          setupFiles: ['test/kernel/support/keep-failures.ts'],
          fileParallelism: false,
          isolate: false,
          pool: 'threads',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'image',
          include: imageTests,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
