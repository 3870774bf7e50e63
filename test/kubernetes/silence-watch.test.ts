import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SilenceWatch } from '../../src/kubernetes/transport/silence-watch.js';

describe('a path to the server', () => {
  let heard: number;
  let told: string[];
  let alive: boolean;
  let watch: SilenceWatch;

  beforeEach(() => {
    vi.useFakeTimers();
    heard = 0;
    told = [];
    alive = true;
    const start = Date.now();
    const seconds = () => Math.floor((Date.now() - start) / 1000);
    const path = {
      bytesReceived: () => heard,
      probe: () => {
        told.push(`probe at ${seconds()}`);
        if (alive) heard += 17;
      },
      silent: () => {
        told.push(`silent at ${seconds()}`);
        watch.stop();
      },
    };
    watch = new SilenceWatch(path, { readIdle: 30_000, pongDeadline: 15_000 });
  });
  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  it('is given up when nothing is heard for 30 s, nor in the 15 s after a probe', () => {
    alive = false;
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual(['probe at 30', 'silent at 45']);
  });

  it('is noticed as dead in under a minute, whenever the last byte came', () => {
    alive = false;
    vi.advanceTimersByTime(5_001);
    heard = 1;
    vi.advanceTimersByTime(54_999);
    expect(told.at(-1)).toBe('silent at 55');
  });

  it('is probed every 30 s while it is quiet, and kept while it answers', () => {
    vi.advanceTimersByTime(600_000);
    expect(told.every((line) => line.startsWith('probe'))).toBe(true);
    expect(told.length).toBeGreaterThanOrEqual(16);
  });

  it('is not probed while it speaks', () => {
    const speaking = setInterval(() => heard++, 20_000);
    vi.advanceTimersByTime(600_000);
    clearInterval(speaking);
    expect(told).toEqual([]);
  });

  it('is kept where something else than the answer came', () => {
    alive = false;
    vi.advanceTimersByTime(44_000);
    heard = 1;
    vi.advanceTimersByTime(2_000);
    expect(told).toEqual(['probe at 30']);
  });

  it('is probed again where it falls silent later', () => {
    vi.advanceTimersByTime(40_000);
    alive = false;
    vi.advanceTimersByTime(60_000);
    expect(told.at(-1)).toMatch(/^silent/);
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
    expect(told).toEqual(['probe at 30']);
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
