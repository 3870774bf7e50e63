import { Composer, type CST, type Document, LineCounter, Parser } from 'yaml';

/** What is wrong at one place of a YAML text. The message may quote the text there. */
export class YamlFault extends Error {
  readonly line: number;
  readonly column: number;
  /** One word, which quotes nothing. */
  readonly code: string;

  constructor(message: string, code: string, { line, col }: { line: number; col: number }) {
    super(message.replace(/\s+/g, ' ').replace(/\.$/, ''));
    this.code = code;
    this.line = line;
    this.column = col;
  }
}

// YAML 1.2 with the merge key `<<`, which kubectl understands too. JSON is YAML, its tabs included. A key that occurs
// twice is an error.
const OPTIONS = { prettyErrors: false, merge: true, logLevel: 'error' } as const;

/** The documents of a YAML text, one by one, empty ones too. Throws NestedTooDeeply. */
export function* yamlDocuments(text: string): Generator<YamlDocument> {
  const lines = new LineCounter();
  for (const document of new Composer(OPTIONS).compose(yamlTokens(text, lines)))
    yield new YamlDocument(document, lines);
}

/** One document of a text. */
export class YamlDocument {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;

  constructor(document: Document.Parsed, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  /** Where there is one the value means nothing. */
  get faults(): readonly YamlFault[] {
    return this.#document.errors.map(
      ({ message, code, pos }) => new YamlFault(message, code, this.#lines.linePos(pos[0])),
    );
  }

  /** As JavaScript has it. Throws YamlFault: an alias without anchor, or one that multiplies beyond measure. */
  value(): unknown {
    try {
      return this.#document.toJS();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new YamlFault(message, 'ALIAS', this.#lines.linePos(this.#document.range[0]));
    }
  }

  /** The line where something inside begins, as far as the text shows. */
  lineOf(path: readonly (string | number)[]): number | undefined {
    const node = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    const start = hasRange(node) ? node.range[0] : undefined;
    return start === undefined ? undefined : this.#lines.linePos(start).line;
  }
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}

/** Many times as deep as any API object or configuration. */
const DEEPEST = 100;

/**
 * A text that nests deeper than anybody needs. The message is what follows the text's name in a sentence, without a
 * full stop.
 */
export class NestedTooDeeply extends RangeError {
  constructor(line: number) {
    super(`is nested deeper than ${DEEPEST} levels at line ${line}`);
  }
}

/**
 * What the parser makes of a YAML text, for a Composer: a token for each document, comment and so on. Throws
 * NestedTooDeeply before a Composer gets to see such a document: it calls itself for every level, and near the end of
 * the stack V8 may end the whole process (it compiles a regular expression there, and has no memory for that), which
 * nobody can catch.
 */
function* yamlTokens(text: string, lines = new LineCounter()): Generator<CST.Token> {
  for (const token of new Parser(lines.addNewLine).parse(text)) {
    requireShallow(token, lines);
    yield token;
  }
}

interface Level {
  readonly token: CST.Token;
  readonly depth: number;
}

// A list of what is to be visited instead of a function that calls itself.
function requireShallow(root: CST.Token, lines: LineCounter): void {
  const waiting: Level[] = [{ token: root, depth: 0 }];
  for (let level = waiting.pop(); level !== undefined; level = waiting.pop()) {
    const { token, depth } = level;
    if (depth > DEEPEST) throw new NestedTooDeeply(lines.linePos(token.offset).line);
    for (const inner of partsOf(token)) waiting.push({ token: inner, depth: depth + 1 });
  }
}

function partsOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key ?? [], value ?? []].flat());
}
