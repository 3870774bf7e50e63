import { type CST, LineCounter, Parser } from 'yaml';

/** Many times as deep as any API object or configuration. */
const DEEPEST = 100;

/** A text that nests deeper than anybody needs. The message is what follows the text's name in a sentence, without a full stop. */
export class NestedTooDeeply extends RangeError {
  constructor(line: number) {
    super(`is nested deeper than ${DEEPEST} levels at line ${line}`);
  }
}

/**
 * What the parser makes of a YAML text, for a Composer: a token for each document, comment and so on. Throws NestedTooDeeply
 * before a Composer gets to see such a document: it calls itself for every level, and near the end of the stack V8 may end the
 * whole process (it compiles a regular expression there, and has no memory for that), which nobody can catch.
 */
export function* yamlTokens(text: string, lines = new LineCounter()): Generator<CST.Token> {
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
