import { jsonPath } from './json-path.js';

/** How a command prints what it lists. */
export type OutputFormat = 'table' | 'wide' | 'json' | 'yaml' | `jsonpath=${string}`;

const WORDS: ReadonlySet<string> = new Set(['table', 'wide', 'json', 'yaml']);

/** Undefined where the text is no format. */
export function outputFormat(text: string): OutputFormat | undefined {
  return WORDS.has(text) || text.startsWith('jsonpath=') ? (text as OutputFormat) : undefined;
}

/** Takes rows one after the other; nothing is kept that the format does not need. */
export interface RowOutput {
  add(row: object): void;
  end(): void;
}

export type Write = (text: string) => void;

/** What stands before the rows of a listing, in every machine-readable format. */
export interface ListHead {
  readonly version: number;
  readonly kind: string;
  /** agent: with what it knows; kernel: the kernel alone, since no agent answered. */
  readonly source: 'agent' | 'kernel';
}

/** The output of a list for programs; undefined for the formats for people. */
export async function machineOutput(
  format: OutputFormat,
  head: ListHead,
  write: Write,
): Promise<RowOutput | undefined> {
  if (format === 'table' || format === 'wide') return undefined;
  if (format === 'json') return jsonOutput(head, write);
  return format === 'yaml'
    ? yamlOutput(head, write)
    : pathOutput(format.slice('jsonpath='.length), head, write);
}

function jsonOutput(head: ListHead, write: Write): RowOutput {
  let before = `${JSON.stringify(head).slice(0, -1)},"items":[\n`;
  return {
    add(row) {
      write(before + JSON.stringify(row));
      before = ',\n';
    },
    end: () => write(before === ',\n' ? '\n]}\n' : `${before}]}\n`),
  };
}

async function yamlOutput(head: ListHead, write: Write): Promise<RowOutput> {
  const { stringify } = await import('yaml');
  let before = `${stringify(head)}items:`;
  return {
    add(row) {
      write(`${before}\n${stringify([row], { lineWidth: 0 }).trimEnd()}`);
      before = '';
    },
    end: () => write(before === '' ? '\n' : `${before} []\n`),
  };
}

// A path may ask for anything, so that all has to be there.
function pathOutput(template: string, head: ListHead, write: Write): RowOutput {
  const items: object[] = [];
  const find = jsonPath(template);
  return { add: (row) => void items.push(row), end: () => write(`${find({ ...head, items })}\n`) };
}

/** Cursor to the first place, and everything away. */
export const CLEAR_SCREEN = '\u001b[H\u001b[2J';

/** Colour is for a terminal, and for one that did not ask for none (no-color.org). */
export function hasColour(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && (process.env.NO_COLOR ?? '') === '';
}

/** `1234567` as `1.2M`, ipvsadm's letters; numbers below 10,000 stay whole. */
export function shortNumber(value: number): string {
  if (value < 10_000) return String(Math.round(value));
  const step = LETTERS.find(([size]) => value >= size) ?? ([1, ''] as const);
  const scaled = value / step[0];
  return `${scaled < 10 ? scaled.toFixed(1) : Math.round(scaled)}${step[1]}`;
}

const LETTERS = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'K'],
] as const;

const PATIENCE_MILLISECONDS = 1_000;

/** Says on a terminal what is waited for, once it takes over a second; the answer ends it. */
export function sayAfterASecond(text: string): () => void {
  if (process.stderr.isTTY !== true) return () => undefined;
  let isSaid = false;
  const timer = setTimeout(() => {
    isSaid = true;
    process.stderr.write(`${text}\r`);
  }, PATIENCE_MILLISECONDS);
  return () => {
    clearTimeout(timer);
    if (isSaid) process.stderr.write('\u001b[K');
  };
}
