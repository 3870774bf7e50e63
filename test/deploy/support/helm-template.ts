import { stringify } from 'yaml';

/** What a template may ask for: `.Values`, `.Chart`, `.Release`, and files of the chart by `.Files.Get`. */
export interface TemplateData {
  readonly Values: Readonly<Record<string, unknown>>;
  readonly Chart: Readonly<Record<string, unknown>>;
  readonly Release: Readonly<Record<string, unknown>>;
  readonly Files: Readonly<Record<string, string>>;
}

/**
 * Renders the small part of Go's template language that the chart keeps to. Whatever else a template says is an error,
 * so that nothing is tested that helm would do differently.
 */
export class HelmTemplates {
  readonly #defined = new Map<string, readonly Node[]>();
  readonly #data: TemplateData;

  constructor(data: TemplateData) {
    this.#data = data;
  }

  /** The text of one file. Templates that it defines are known to all that come later. */
  render(text: string): string {
    const pieces = piecesOf(text);
    const { nodes, rest } = parse(pieces, 0, []);
    if (rest !== pieces.length) throw new Error('an end without a beginning');
    return this.#write(nodes, this.#data);
  }

  #write(nodes: readonly Node[], dot: unknown): string {
    return nodes.map((node) => this.#writeOne(node, dot)).join('');
  }

  #writeOne(node: Node, dot: unknown): string {
    switch (node.kind) {
      case 'text':
        return node.text;
      case 'value':
        return shown(this.#evaluate(node.words, dot));
      case 'define':
        this.#defined.set(node.name, node.body);
        return '';
      case 'if':
      case 'with': {
        const value = this.#evaluate(node.words, dot);
        if (!isTrue(value)) return this.#write(node.otherwise, dot);
        return this.#write(node.body, node.kind === 'with' ? value : dot);
      }
    }
  }

  /** A pipeline: the value of each command is the last argument of the next. */
  #evaluate(words: readonly string[], dot: unknown): unknown {
    const bar = words.lastIndexOf('|');
    if (bar < 0) return this.#call(words, dot, []);
    return this.#call(words.slice(bar + 1), dot, [this.#evaluate(words.slice(0, bar), dot)]);
  }

  #call([name = '', ...words]: readonly string[], dot: unknown, piped: readonly unknown[]): unknown {
    const parameters = [...words.map((word) => this.#operand(word, dot)), ...piped];
    if (name === '.Files.Get') return this.#file(String(parameters[0]));
    if (name === 'include') return this.#write(this.#template(String(parameters[0])), parameters[1]);
    const work = FUNCTIONS[name];
    if (work !== undefined) return work(...parameters);
    if (parameters.length > 0) throw new Error(`${name} is no function that the renderer knows`);
    return this.#operand(name, dot);
  }

  #file(path: string): string {
    const text = this.#data.Files[path];
    if (text === undefined) throw new Error(`the chart has no ${path}`);
    return text;
  }

  #template(name: string): readonly Node[] {
    const nodes = this.#defined.get(name);
    if (nodes === undefined) throw new Error(`no template is called ${name}`);
    return nodes;
  }

  #operand(word: string, dot: unknown): unknown {
    if (word === '.') return dot;
    if (word.startsWith('"')) return JSON.parse(word);
    if (/^\d+$/.test(word)) return Number(word);
    if (!/^(\.[A-Za-z]\w*)+$/.test(word)) throw new Error(`${word} is more than the renderer knows`);
    return word.slice(1).split('.').reduce(fieldOf(word), dot);
  }
}

// helm takes a missing field for nil and goes on, and a mistake in a name with it.
function fieldOf(word: string) {
  return (value: unknown, name: string): unknown => {
    if (typeof value !== 'object' || value === null || !(name in value))
      throw new Error(`${word}: there is no ${name}`);
    return (value as Readonly<Record<string, unknown>>)[name];
  };
}

const FUNCTIONS: Readonly<Record<string, (...parameters: readonly unknown[]) => unknown>> = {
  quote: (value) => JSON.stringify(String(value)),
  default: (standard, value) => (isTrue(value) ? value : standard),
  eq: (one, other) => one === other,
  toYaml: (value) => stringify(value, { lineWidth: 0, sortMapEntries: true }).trimEnd(),
  nindent: (columns, text) => `\n${String(text).replaceAll(/^/gm, ' '.repeat(Number(columns)))}`,
};

function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function shown(value: unknown): string {
  if (typeof value === 'object')
    throw new Error(`an object or a list needs toYaml: ${JSON.stringify(value)}`);
  return String(value);
}

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly words: readonly string[] }
  | { readonly kind: 'define'; readonly name: string; readonly body: readonly Node[] }
  | {
      readonly kind: 'if' | 'with';
      readonly words: readonly string[];
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

type Piece = { readonly text: string } | { readonly words: readonly string[] };

/** Texts and actions in turns; `{{-` and `-}}` take the white space beside them away. */
function piecesOf(template: string): Piece[] {
  const trimmed = template.replaceAll(/\s*\{\{-/g, '{{').replaceAll(/-\}\}\s*/g, '}}');
  return trimmed.split(/(\{\{[\s\S]*?\}\})/).map((part) => {
    const action = /^\{\{([\s\S]*)\}\}$/.exec(part)?.[1];
    return action === undefined
      ? { text: part }
      : { words: action.match(/"(?:[^"\\]|\\.)*"|\||[^\s|]+/g) ?? [] };
  });
}

/** Reads up to the `else` or `end` that belongs to what surrounds it. */
function parse(
  pieces: readonly Piece[],
  from: number,
  ends: readonly string[],
): { nodes: Node[]; rest: number } {
  const nodes: Node[] = [];
  let at = from;
  while (at < pieces.length) {
    const piece = pieces[at];
    if (piece === undefined) break;
    if ('text' in piece) {
      nodes.push({ kind: 'text', text: piece.text });
      at++;
      continue;
    }
    const [word = ''] = piece.words;
    if (word === 'end' || word === 'else') {
      if (!ends.includes(word)) throw new Error(`${word} belongs to nothing`);
      return { nodes, rest: at };
    }
    const { node, rest } = block(pieces, at, piece.words);
    nodes.push(node);
    at = rest;
  }
  if (ends.length > 0) throw new Error('an end is missing');
  return { nodes, rest: at };
}

function block(pieces: readonly Piece[], at: number, [word = '', ...words]: readonly string[]) {
  if (word === 'define') {
    const { nodes: body, rest } = parse(pieces, at + 1, ['end']);
    const node: Node = { kind: 'define', name: JSON.parse(words[0] ?? '""'), body };
    return { node, rest: rest + 1 };
  }
  if (word !== 'if' && word !== 'with')
    return { node: { kind: 'value', words: [word, ...words] } as Node, rest: at + 1 };
  const body = parse(pieces, at + 1, ['else', 'end']);
  const isElse = wordOf(pieces[body.rest]) === 'else';
  const otherwise = isElse ? parse(pieces, body.rest + 1, ['end']) : { nodes: [], rest: body.rest };
  const node: Node = { kind: word, words, body: body.nodes, otherwise: otherwise.nodes };
  return { node, rest: otherwise.rest + 1 };
}

function wordOf(piece: Piece | undefined): string | undefined {
  return piece !== undefined && 'words' in piece ? piece.words[0] : undefined;
}
