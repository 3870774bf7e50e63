import { describe, expect, it } from 'vitest';
import { runContender } from '../../bench/watch/contender.js';

const ALIVE = new Promise<string>(() => undefined);

describe('a contender of the benchmark of the API server', () => {
  it('answers with what it printed', async () => {
    expect(await runContender(['echo', 'ready'], { seconds: 10, serverEnded: ALIVE })).toBe('ready\n');
  });

  it('is noticed where it fails or dies, with its own words', async () => {
    const failing = ['bash', '--norc', '-c', 'echo out of memory >&2; exit 9'];
    await expect(runContender(failing, { seconds: 10, serverEnded: ALIVE })).rejects.toThrow(
      'ended with exit code 9: out of memory',
    );
    const dying = ['bash', '--norc', '-c', 'kill -KILL $$'];
    await expect(runContender(dying, { seconds: 10, serverEnded: ALIVE })).rejects.toThrow(
      'ended with exit code',
    );
  });

  it('is given up where it takes too long', async () => {
    await expect(runContender(['sleep', '60'], { seconds: 1, serverEnded: ALIVE })).rejects.toThrow(
      'sleep 60 had not ended after 1 s',
    );
  });

  it('is given up where the server has ended that it would wait for', async () => {
    const serverEnded = new Promise<string>((resolve) => setTimeout(resolve, 100, 'SIGKILL'));
    await expect(runContender(['sleep', '3'], { seconds: 60, serverEnded })).rejects.toThrow(
      'the API server ended (SIGKILL) while a contender was asking it',
    );
  });
});
