import type { Labels } from './metric-row.js';

/** One metric in the text format of Prometheus 0.0.4, written by hand where the library would be too slow. */
export class ExpositionText {
  #text: string;
  readonly #name: string;

  constructor(name: string, kind: 'counter' | 'gauge', help: string) {
    this.#name = name;
    this.#text = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${kind}\n`;
  }

  /** `labels` as `labelText` writes them: series of several metrics share them. */
  add(labels: string, value: number): void {
    this.#text += `${this.#name}${labels} ${value}\n`;
  }

  toString(): string {
    return this.#text;
  }
}

/** `{name="value",…}`; empty without labels. */
export function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
