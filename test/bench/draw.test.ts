import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { chartsOf } from '../../bench/compare/charts.js';
import { drawPage, drawSvg } from '../../bench/compare/draw.js';
import { rowsOf } from '../../bench/compare/summary.js';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';
import { cellResult } from './cell-result.js';

// `npm ci` has them; a folder of packages from before has not.
const HAS_VEGA = existsSync(join(PROJECT_FOLDER, 'node_modules/vega'));

const RESULTS = [100, 1000].flatMap((services) =>
  (['ipvs', 'iptables'] as const).map((mode) =>
    cellResult({ mode, services, endpoints: 10, round: 1 }, { programmed: services, changed: 2 }),
  ),
);

describe.skipIf(!HAS_VEGA)('drawing a comparison', () => {
  const charts = chartsOf(rowsOf(RESULTS, 'counted'), 'counted');

  it('makes of each drawing an SVG file with every mode in it', async () => {
    for (const chart of charts) {
      const svg = await drawSvg(chart);
      expect(svg).toMatch(/^<svg /);
      expect(svg).toContain('IPVS: kube-ipvs-proxy');
      expect(svg).toContain("iptables: kube-proxy's rules");
      // What has no value is drawn so, and looks as if it were measured.
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
  }, 20_000);

  it('makes one page that asks for nothing outside, whose scripts make the same drawings', async () => {
    const page = await drawPage('A & B', charts, 'a < b </script>');
    expect(page).toContain('<title>A &amp; B</title>');
    expect(page).toContain('a &lt; b &lt;/script>');
    expect(page).not.toMatch(/<(script|link|img)[^>]*(src|href)=/);
    const [library = '', drawing = ''] = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
      ([, text]) => text,
    );
    const context = createContext({ console, setTimeout, URL, structuredClone });
    runInContext(library, context);
    // A browser would put them into the page.
    const toText = drawing
      .replace(/renderer: "svg".*hover: true/, 'renderer: "none"')
      .replace('.runAsync()', '.toSVG().then(tell)');
    const drawn: string[] = [];
    Object.assign(context, { tell: (svg: string) => drawn.push(svg) });
    runInContext(toText, context);
    await expect.poll(() => drawn.length, { timeout: 15_000 }).toBe(charts.length);
    expect(drawn.every((svg) => svg.includes('IPVS: kube-ipvs-proxy'))).toBe(true);
  }, 30_000);
});
