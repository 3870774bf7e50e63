import { defineConfig } from 'vitest/config';

const kernelTests = ['test/kernel/**/*.test.ts', 'test/contract/*.kernel.test.ts'];
const imageTests = ['test/image/**/*.test.ts'];
export const programTests = [
  'test/api-server-faults/fault-matrix.test.ts',
  'test/bench/contender.test.ts',
  'test/bench/draw.test.ts',
  'test/bench/probed-agent.test.ts',
  'test/bench/scale-probe.test.ts',
  'test/bench/tools.test.ts',
  'test/bench/traced.test.ts',
  'test/cli/closed-pipe.test.ts',
  'test/cli/interruption.test.ts',
  'test/cli/completion.test.ts',
  'test/cli/log-output.test.ts',
  'test/cli/support-bundle.test.ts',
  'test/compiled-file.test.ts',
  'test/deploy/licences.test.ts',
  'test/docs/guides.test.ts',
  'test/engine.test.ts',
  'test/files/bounded-file.test.ts',
  'test/fleet/kubectl-plugin.test.ts',
  'test/fleet/whole-way.test.ts',
  'test/kernel-port/nft-text.test.ts',
  'test/kubernetes/plugin-login.test.ts',
  'test/kubernetes/silence-watch.test.ts',
  'test/lab/api-server/process.test.ts',
  'test/manifests/unreadable-file.test.ts',
  'test/native/job-queue.test.ts',
  'test/native/machine.test.ts',
  'test/release/sbom.test.ts',
  'test/release/scripts.test.ts',
  'test/scripts/count-tests.test.ts',
  'test/scripts/fetch-node.test.ts',
  'test/scripts/image-compare.test.ts',
  'test/scripts/test-kernel.test.ts',
];

// On a busy machine a program takes seconds to start, and an event of a socket to arrive. No test waits longer than it
// must.
const PATIENT = { testTimeout: 30_000, hookTimeout: 30_000, expect: { poll: { timeout: 20_000 } } };

// `unit` needs no root and no kernel and runs in parallel; so does `programs`, whose tests start other programs, or
// dozens of agents beside servers with TLS, and mostly wait for them. `kernel` runs on the real thing, one file after
// another in one process, because start-up dominates inside an emulated machine; `image` does so with what
// `npm run image` has built.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...kernelTests, ...imageTests, ...programTests],
          // Loading the same modules for every file anew took twice as long as all tests together. No test leaves
          // anything behind in them.
          isolate: false,
          // As the program sets it: to compile the code of thousands of short tests for speed took a sixth of the run.
          setupFiles: ['src/engine.ts'],
          // Vitest leaves one processor to itself, which on two halves the workers. It needs it at the start only.
          maxWorkers: '100%',
          ...PATIENT,
        },
      },
      {
        test: {
          name: 'programs',
          include: programTests,
          isolate: false,
          setupFiles: ['src/engine.ts'],
          maxWorkers: '100%',
          ...PATIENT,
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
          // An emulated machine that gets half of a processor: what takes 20 s alone took 160.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          expect: { poll: { timeout: 60_000 } },
        },
      },
      {
        test: {
          name: 'image',
          include: imageTests,
          fileParallelism: false,
          testTimeout: 120_000,
          // The lab in an emulated machine that others have work for too.
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
