import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { EXIT, ignoreClosedPipe } from '../../src/cli/exit.js';
import { runAgent } from '../../src/cli/run.js';
import type { Configuration } from '../../src/config/configuration.js';

test('a reader that wants no more is no failure; any other failure of the output is', () => {
  const stream = new EventEmitter();
  ignoreClosedPipe(stream);
  stream.emit('error', Object.assign(new Error('closed'), { code: 'EPIPE' }));
  expect(() => stream.emit('error', new Error('disk full'))).toThrow('disk full');
});

test('a signal ends an agent whose start still waits for a server', async () => {
  let stops = 0;
  const configuration = { settings: { logLevel: 'silent' }, warnings: [] } as unknown as Configuration;
  const ended = runAgent(configuration, () => ({
    start: () => new Promise<void>(() => undefined),
    stop: async () => void stops++,
  }));
  process.emit('SIGTERM', 'SIGTERM');
  expect([await ended, stops]).toEqual([EXIT.good, 1]);
});
