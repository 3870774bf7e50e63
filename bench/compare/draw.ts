import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../lab/project-folder.js';
import type { Chart } from './charts.js';

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

/** One page that needs no server and no network: the library, the drawings and the text are in it. */
export async function drawPage(title: string, charts: readonly Chart[], report: string): Promise<string> {
  const { compile } = (await import(VEGA_LITE ?? '')) as VegaLite;
  const specs = charts.map(({ name, spec }) => ({ name, spec: compile(spec).spec }));
  const library = readFileSync(join(PROJECT_FOLDER, 'node_modules/vega/build/vega.min.js'), 'utf8');
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>`,
    '<style>body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em}pre{overflow-x:auto;font-size:85%}</style>',
    `</head><body><h1>${escaped(title)}</h1>`,
    ...charts.map(({ name }) => `<div id="${name}"></div>`),
    `<pre>${escaped(report)}</pre>`,
    `<script>${inScript(library)}</script>`,
    `<script>for (const {name, spec} of ${inScript(JSON.stringify(specs))})`,
    'new vega.View(vega.parse(spec), {renderer: "svg", container: "#" + name, hover: true}).runAsync();</script>',
    '</body></html>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

// The end of a script element is found before its text is read.
function inScript(text: string): string {
  return text.replaceAll('</script', '<\\/script');
}
