import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';
import type { Chart } from './charts.js';
import { escaped, htmlOf } from './report-html.js';

/** Loaded by these names when something is drawn, not before: a benchmark runs without the two. */
const [VEGA, VEGA_LITE]: readonly string[] = ['vega', 'vega-lite'];

interface Vega {
  readonly parse: (spec: object) => object;
  readonly View: new (runtime: object, options: { renderer: 'none' }) => { toSVG(): Promise<string> };
}

interface VegaLite {
  readonly compile: (spec: object) => { readonly spec: object };
}

export async function drawSvg({ spec }: Chart): Promise<string> {
  const vega = (await import(VEGA ?? '')) as Vega;
  const { compile } = (await import(VEGA_LITE ?? '')) as VegaLite;
  return new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}

const STYLE = [
  '<style>body{font-family:sans-serif;max-width:70em;margin:2em auto;padding:0 1em;line-height:1.4}',
  '.wide{overflow-x:auto}table{border-collapse:collapse;font-size:85%}',
  'td,th{padding:.2em .6em;border-bottom:1px solid #ddd;text-align:left;vertical-align:bottom}',
  '.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}</style>',
].join('');

/** One page that needs no server and no network: the library, the drawings and the text are in it. */
export async function drawPage(title: string, charts: readonly Chart[], report: string): Promise<string> {
  const { compile } = (await import(VEGA_LITE ?? '')) as VegaLite;
  const specs = charts.map(({ name, spec }) => ({ name, spec: compile(spec).spec }));
  const library = readFileSync(join(PROJECT_FOLDER, 'node_modules/vega/build/vega.min.js'), 'utf8');
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>`,
    STYLE,
    '</head><body>',
    htmlOf(report),
    `<script>${inScript(library)}</script>`,
    `<script>for (const {name, spec} of ${inScript(JSON.stringify(specs))})`,
    'new vega.View(vega.parse(spec), {renderer: "svg", container: "#" + name, hover: true}).runAsync();</script>',
    '</body></html>',
    '',
  ].join('\n');
}

// The end of a script element is found before its text is read.
function inScript(text: string): string {
  return text.replaceAll('</script', '<\\/script');
}
