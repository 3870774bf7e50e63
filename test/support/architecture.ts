import { type Arrow, arrowsOf, roomOf, type SourceTree } from './source-tree.js';

/** An arrow from one room to another that is allowed although every room sees only `model` and itself. */
export interface AllowedArrow {
  /** A room, or files of `src` itself: `compose*.ts` is all that begin so. */
  readonly from: string;
  /** A room, files, or `*` for everything. */
  readonly to: string;
  readonly because: string;
}

/** The rows of the first table with the columns from, to and because. Throws where there is none. */
export function allowedArrows(markdown: string): AllowedArrow[] {
  const [, table] = markdown.split('| from | to | because |\n|---|---|---|\n');
  if (table === undefined)
    throw new Error('there is no table of arrows with the columns from, to and because');
  return (table.split('\n\n', 1)[0] ?? '').trim().split('\n').map(arrowOf);
}

function arrowOf(row: string): AllowedArrow {
  const [, from, to, because] = /^\| `([^`]+)` \| `([^`]+)` \| ([^|]+) \|$/.exec(row) ?? [];
  if (from === undefined || to === undefined || because === undefined)
    throw new Error(`a row of the table of arrows should read | \`from\` | \`to\` | because |, not ${row}`);
  return { from, to, because };
}

/** One sentence for each breach of the architecture; empty where all is well. */
export function architectureBreaches(tree: SourceTree, allowed: readonly AllowedArrow[]): string[] {
  const arrows = arrowsOf(tree);
  return [
    ...arrows
      .filter((arrow) => !mayPoint(arrow, allowed))
      .map(({ from, to }) => `${from} must not see ${to}`),
    ...arrows
      .filter(({ to }) => !tree.has(to))
      .map(({ from, to }) => `${from} imports ${to}, which is not there`),
    ...cycles(arrows).map((cycle) => `${cycle.join(' -> ')} is a cycle`),
    ...[...tree].flatMap(([path, text]) => shapeBreaches(path, text)),
  ];
}

/** Allowed arrows that no import uses any more: the table must not promise more than there is. */
export function idleArrows(tree: SourceTree, allowed: readonly AllowedArrow[]): AllowedArrow[] {
  const arrows = arrowsOf(tree);
  return allowed.filter((rule) => !arrows.some((arrow) => isMeantBy(arrow, rule)));
}

function mayPoint(arrow: Arrow, allowed: readonly AllowedArrow[]): boolean {
  const [from, to] = [roomOf(arrow.from), roomOf(arrow.to)];
  return from === to || (to === 'model' && isRoom(from)) || allowed.some((rule) => isMeantBy(arrow, rule));
}

function isRoom(name: string): boolean {
  return !name.endsWith('.ts');
}

function isMeantBy(arrow: Arrow, { from, to }: AllowedArrow): boolean {
  return isNamedBy(roomOf(arrow.from), from) && (isNamedBy(arrow.to, to) || isNamedBy(roomOf(arrow.to), to));
}

function isNamedBy(path: string, name: string): boolean {
  const [start = '', end] = name.split('*');
  return end === undefined ? path === name : path.startsWith(start) && path.endsWith(end);
}

/** Each cycle once, from its first file on. */
function cycles(arrows: readonly Arrow[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of arrows) next.set(from, [...(next.get(from) ?? []), to]);
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) found.push([...path.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    for (const to of next.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return found;
}

function shapeBreaches(path: string, text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '').trim();
  const statements = code.split(/;\s*(?=\n|$)/).filter((statement) => statement.trim() !== '');
  const isReExport = (statement: string) => /^\s*export\b[^;=]*\bfrom\s*['"]/.test(statement);
  const isBarrel = statements.length > 0 && statements.every(isReExport);
  return [
    ...(isBarrel ? [`${path} is a barrel`] : []),
    ...(/^export\s+\*/m.test(code) ? [`${path} exports all of another file`] : []),
    ...(/^export\s+default\b|\bas\s+default\b/m.test(code) ? [`${path} has a default export`] : []),
  ];
}
