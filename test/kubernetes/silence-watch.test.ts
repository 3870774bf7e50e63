import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SilenceWatch } from '../../src/kubernetes/transport/http2-connection.js';

describe('a path to the server', () => {
  let bytes: number;
  let calls: string[];
  let alive: boolean;
  let watch: SilenceWatch;

  beforeEach(() => {
    vi.useFakeTimers();
    bytes = 0;
    calls = [];
    alive = true;
    const start = Date.now();
    const seconds = () => Math.floor((Date.now() - start) / 1000);
    const path = {
      bytesReceived: () => bytes,
      probe: () => {
        calls.push(`probe at ${seconds()}`);
        if (alive) bytes += 17;
      },
      silent: () => {
        calls.push(`silent at ${seconds()}`);
        watch.stop();
      },
    };
    watch = new SilenceWatch(path, { readIdle: 30_000, pongDeadline: 15_000 });
  });
  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  it('is given up when nothing is received for 30 s, nor in the 15 s after a probe', () => {
    alive = false;
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual(['probe at 30', 'silent at 45']);
  });

  it('is noticed as dead in under a minute, whenever the last byte came', () => {
    alive = false;
    vi.advanceTimersByTime(5_001);
    bytes = 1;
    vi.advanceTimersByTime(54_999);
    expect(calls.at(-1)).toBe('silent at 55');
  });

  it('is probed every 30 s while it is quiet, and kept while it answers', () => {
    vi.advanceTimersByTime(600_000);
    expect(calls.every((line) => line.startsWith('probe'))).toBe(true);
    expect(calls.length).toBeGreaterThanOrEqual(16);
  });

  it('is not probed while it speaks', () => {
    const speaking = setInterval(() => bytes++, 20_000);
    vi.advanceTimersByTime(600_000);
    clearInterval(speaking);
    expect(calls).toEqual([]);
  });

  it('is kept where something else than the answer came', () => {
    alive = false;
    vi.advanceTimersByTime(44_000);
    bytes = 1;
    vi.advanceTimersByTime(2_000);
    expect(calls).toEqual(['probe at 30']);
  });

  it('is probed again where it falls silent later', () => {
    vi.advanceTimersByTime(40_000);
    alive = false;
    vi.advanceTimersByTime(60_000);
    expect(calls.at(-1)).toMatch(/^silent/);
  });

  it('that was not worth giving up is probed again as long as it is quiet', () => {
    watch.stop();
    let probes = 0;
    const idle = { bytesReceived: () => 0, probe: () => probes++, silent: () => undefined };
    watch = new SilenceWatch(idle, { readIdle: 30_000, pongDeadline: 15_000 });
    vi.advanceTimersByTime(120_000);
    expect(probes).toBeGreaterThanOrEqual(2);
  });

  it('is left alone after stop', () => {
    alive = false;
    vi.advanceTimersByTime(31_000);
    watch.stop();
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual(['probe at 30']);
  });

  it('is judged only once what had arrived is read, after a stall of this process', async () => {
    vi.useRealTimers();
    watch.stop();
    const echo = spawn('cat');
    const silent = vi.fn();
    let echoed = 0;
    const stalled = new SilenceWatch(
      {
        bytesReceived: () => echoed,
        probe: () => {
          echo.stdin.write('ping');
          setTimeout(() => stall(30), 1);
        },
        silent,
      },
      { readIdle: 6, pongDeadline: 10 },
    );
    echo.stdout.on('data', (bytes: Buffer) => {
      echoed += bytes.length;
    });
    await expect.poll(() => echoed, { interval: 5 }).toBeGreaterThan(0);
    stalled.stop();
    echo.kill();
    expect(silent).not.toHaveBeenCalled();
  });
});

function stall(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}
