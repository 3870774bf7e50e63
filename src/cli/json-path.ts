/** A template or path that cannot be read; the message says where. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

type Find = (root: unknown) => string;
type Step = (values: readonly unknown[]) => unknown[];

/**
 * kubectl's JSONPath templates, as far as listings need them: text, `{.field}`, `['field']`, `[2]`, `[-1]`, `[*]`,
 * `{"\n"}` and `{range …}…{end}`. Values stand beside each other with a space between them; objects are shown as JSON.
 */
export function jsonPath(template: string): Find {
  const { find, rest } = block(template);
  if (rest !== '') throw new JsonPathError(`'{end}' without '{range}' in '${template}'`);
  return find;
}

interface Block {
  readonly find: Find;
  /** What follows `{end}`. */
  readonly rest: string;
}

function block(template: string, isRange = false): Block {
  const parts: Find[] = [];
  const find: Find = (root) => parts.map((part) => part(root)).join('');
  let left = template;
  while (left !== '') {
    const open = left.indexOf('{');
    const text = open === -1 ? left : left.slice(0, open);
    if (text !== '') parts.push(() => text);
    if (open === -1) break;
    const close = left.indexOf('}', open);
    if (close === -1) throw new JsonPathError(`'{' without '}' in '${template}'`);
    const inside = left.slice(open + 1, close).trim();
    left = left.slice(close + 1);
    if (inside === 'end') return { find, rest: isRange ? left : ' ' };
    if (inside.startsWith('range ')) {
      const steps = stepsOf(inside.slice('range '.length).trim());
      const body = block(left, true);
      parts.push((root) => valuesAt(steps, root).map(body.find).join(''));
      left = body.rest;
    } else parts.push(expression(inside));
  }
  if (isRange) throw new JsonPathError("'{range}' without '{end}'");
  return { find, rest: '' };
}

function expression(inside: string): Find {
  if (inside.startsWith('"')) {
    const text = literal(inside);
    return () => text;
  }
  const steps = stepsOf(inside);
  return (root) => valuesAt(steps, root).map(valueText).join(' ');
}

function literal(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    throw new JsonPathError(`${quoted} is no text in quotes`);
  }
}

function valuesAt(steps: readonly Step[], root: unknown): unknown[] {
  return steps.reduce((values: unknown[], step) => step(values), [root]);
}

const PART = /^(?:\.([\w-]+)|\[\s*(?:'([^']*)'|"([^"]*)"|(-?\d+)|(\*))\s*\])/;

function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  let left = path.replace(/^\$|^@/, '');
  if (left !== '' && !left.startsWith('.') && !left.startsWith('[')) left = `.${left}`;
  while (left !== '' && left !== '.') {
    const part = PART.exec(left);
    if (part === null)
      throw new JsonPathError(`'${left}' is no path; expected .field, ['field'], [0] or [*]`);
    const [all, name, single, double, index, every] = part;
    const field = name ?? single ?? double;
    if (field !== undefined) steps.push((values) => values.flatMap((value) => fieldOf(value, field)));
    else if (index !== undefined)
      steps.push((values) => values.flatMap((value) => itemOf(value, Number(index))));
    else if (every !== undefined) steps.push((values) => values.flatMap(allOf));
    left = left.slice(all.length);
  }
  return steps;
}

function fieldOf(value: unknown, field: string): unknown[] {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return [];
  return [(value as Record<string, unknown>)[field]];
}

function itemOf(value: unknown, index: number): unknown[] {
  const item: unknown = Array.isArray(value) ? value.at(index) : undefined;
  return item === undefined ? [] : [item];
}

function allOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

function valueText(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
