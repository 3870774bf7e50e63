import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { chartsOf } from '../../bench/compare/charts.js';
import { drawPage, drawSvg } from '../../bench/compare/draw.js';
import { rowsOf } from '../../bench/compare/summary.js';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';
import { cellResult } from './cell-result.js';

const BROWSER = ['chromium-headless-shell', 'chromium', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);
/** Prints the page as it is once its scripts have run; nothing outside can be reached. */
const ALONE = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND'],
  ...['--virtual-time-budget=20000', '--dump-dom'],
];
// `npm ci` has them; a folder of packages from before has not.
const HAS_VEGA = existsSync(join(PROJECT_FOLDER, 'node_modules/vega'));

const RESULTS = [100, 1000].flatMap((services) =>
  (['ipvs', 'iptables'] as const).map((mode) =>
    cellResult({ mode, services, endpoints: 10, round: 1 }, { programmed: services, changed: 2 }),
  ),
);

describe.skipIf(!HAS_VEGA)('drawing a comparison', () => {
  const charts = chartsOf(rowsOf(RESULTS, 'counted'), 'counted');
  const images = charts.map(({ name, title }) => `![${title}](${name}.svg)`).join('\n\n');

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
    const page = await drawPage('A & B', charts, `a < b </script>\n\n${images}`);
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

  it.skipIf(BROWSER === undefined)(
    'makes one page that a browser opens from a file, with every drawing in it',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'bench-page-'));
      const path = join(folder, 'report.html');
      writeFileSync(path, await drawPage('A & B', charts, `a < b\n\n${images}`));
      const dom = execFileSync(
        BROWSER ?? '',
        [...ALONE, `--user-data-dir=${folder}/user`, `file://${path}`],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
          maxBuffer: 1 << 26,
          timeout: 100_000,
        },
      );
      rmSync(folder, { recursive: true, force: true });
      const [, ...drawings] = dom.split(/<div id="[a-z-]+"/);
      expect(drawings).toHaveLength(charts.length);
      for (const drawing of drawings) {
        expect(drawing).toMatch(/<svg [^>]*width="\d\d\d/);
        expect(drawing.split('</svg>')[0]).toContain('IPVS: kube-ipvs-proxy');
      }
      expect(dom).toContain('<p>a &lt; b</p>');
    },
    120_000,
  );
});
