import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync(new URL('../../docs/walk-a-service.md', import.meta.url), 'utf8');
const stations = [...page.matchAll(/^\| (\d+) \| `([^`]+)` \|/gm)].map(([, number, file]) => ({
  number,
  file,
}));

describe('the walk with one endpoint', () => {
  it('has at most twenty stations, numbered in order', () => {
    expect(stations.length).toBeGreaterThan(10);
    expect(stations.map(({ number }) => Number(number))).toEqual(stations.map((_, index) => index + 1));
    expect(stations.length).toBeLessThanOrEqual(20);
  });

  it.each(stations)('passes $file, which is there', ({ file }) => {
    expect(existsSync(new URL(`../../${file}`, import.meta.url))).toBe(true);
  });
});
