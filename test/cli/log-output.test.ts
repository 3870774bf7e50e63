import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogOutput } from '../../src/cli/log-output.js';

/** A file whose next writes end as given: so many bytes, or errno's name; after the last of them all is written. */
function output(...endings: (number | string)[]) {
  let text = '';
  const reported: [number, string][] = [];
  const log = new LogOutput((bytes) => {
    const ending = endings.shift() ?? bytes.length;
    if (typeof ending === 'string') throw Object.assign(new Error(ending), { code: ending });
    text += Buffer.from(bytes.subarray(0, ending)).toString();
    return Math.min(ending, bytes.length);
  });
  log.listen((lost, errno) => {
    reported.push([lost, errno]);
    log.write(`lost ${lost}\n`);
  });
  return { log, reported, text: () => text, endings };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a log that cannot be written', () => {
  it.each(['ENOSPC', 'EPIPE', 'EIO'])(
    'loses its lines after %s, counts them, and then says how many',
    (errno) => {
      const { log, reported, text } = output(errno, errno, errno);
      for (const line of ['a\n', 'b\n', 'c\n']) log.write(line);
      expect(text()).toBe('');
      log.write('d\n');
      expect(text()).toBe('d\nlost 3\n');
      expect(reported).toEqual([[3, errno]]);
      expect([...log.lost]).toEqual([[errno, 3]]);
    },
  );

  it('begins a new line after one of which only half could be written', () => {
    const { log, text } = output(3, 'ENOSPC');
    log.write('first\n');
    log.write('second\n');
    expect(text()).toBe('fir\nsecond\nlost 1\n');
  });

  it('keeps what a slow reader has no room for, in order, and loses nothing', () => {
    const { log, text, reported } = output(2, 'EAGAIN', 'EAGAIN');
    for (const line of ['one\n', 'two\n']) log.write(line);
    expect(text()).toBe('on');
    vi.advanceTimersByTime(200);
    expect(text()).toBe('one\ntwo\n');
    expect(reported).toEqual([]);
  });

  it('keeps a mebibyte for a reader who does not read, loses the rest, and says so once he reads', () => {
    const { log, text, endings } = output();
    endings.push(...Array.from({ length: 50 }, () => 'EAGAIN'));
    const line = `${'x'.repeat(1023)}\n`;
    for (let n = 0; n < 1_030; n++) log.write(line);
    expect([...log.lost]).toEqual([['EAGAIN', 6]]);
    endings.length = 0;
    vi.advanceTimersByTime(100);
    expect(text()).toBe(`${line.repeat(1_024)}lost 6\n`);
  });

  it('reports again where the line with the report was lost as well', () => {
    const { log, reported, text } = output('ENOSPC', 2, 'ENOSPC');
    for (const line of ['a\n', 'b\n', 'c\n']) log.write(line);
    expect(text()).toBe('b\nc\nlost 1\n');
    expect(reported.map(([lost]) => lost)).toEqual([1, 1]);
  });

  it('has the latest lines for a support bundle, those that were lost as well, and not more than some', () => {
    const output = new LogOutput(() => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    });
    for (let index = 0; index < 10_000; index++) output.write(`${String(index).padStart(99, '.')}\n`);
    const lines = output.lastLines.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/\.9999$/);
    expect(lines).toHaveLength(Math.floor((256 * 1024) / 100));
  });

  it('is a full disk: nothing throws', () => {
    const full = openSync('/dev/full', 'w');
    const log = LogOutput.of(full);
    log.write('a\n');
    expect([...log.lost]).toEqual([['ENOSPC', 1]]);
    closeSync(full);
  });

  it('is a full pipe without a reader: nothing waits, and the lines are there once a reader comes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'log-'));
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // As a container runtime opens it: a write that finds no room waits.
    const pipe = openSync(path, constants.O_WRONLY);
    const log = LogOutput.of(pipe);
    const line = `${'x'.repeat(99)}\n`;
    for (let n = 0; n < 2_000; n++) log.write(line);
    let read = 0;
    for (let attempt = 0; attempt < 8 && read < 200_000; attempt++) {
      read += readSync(reader, Buffer.alloc(65_536));
      vi.advanceTimersByTime(100);
    }
    expect(read).toBe(200_000);
    expect([...log.lost]).toEqual([]);
    for (const descriptor of [reader, pipe]) closeSync(descriptor);
    rmSync(folder, { recursive: true });
  });
});
