/** A flag's value makes no sense. The message says what was found and what was expected. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

/** How a flag's text becomes what the configuration's field holds. Ranges and names are the field's own business. */
export type FlagValue = 'text' | 'boolean' | 'number' | 'duration' | 'seconds' | 'list' | 'gates';

/** Reads one occurrence; `before` is what earlier ones said. Lists and gates grow, of all else the last one counts. */
export function flagValue(kind: FlagValue, text: string, before: unknown): unknown {
  switch (kind) {
    case 'boolean':
      return truth(text);
    case 'number':
      return decimal(text);
    case 'seconds':
      return `${seconds(text)}s`;
    case 'list':
      return [...((before as readonly string[] | undefined) ?? []), ...words(text)];
    case 'gates':
      return { ...(before as object | undefined), ...Object.fromEntries(words(text).map(gate)) };
    case 'text':
    case 'duration':
      return text;
    default:
      return kind satisfies never;
  }
}

// The spellings that Go takes for its booleans.
function truth(text: string): boolean {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  throw new FlagError(`'${text}' is neither true nor false.`);
}

function decimal(text: string): number {
  if (!/^[+-]?\d+(\.\d+)?$/.test(text)) throw new FlagError(`'${text}' is no number.`);
  return Number(text);
}

/** Whole or fractional seconds, zero or more. */
function seconds(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new FlagError(`'${text}' is no time; expected seconds, zero or more.`);
  return value;
}

function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function gate(text: string): [string, boolean] {
  const [name = '', value = ''] = text.split('=');
  return [name, truth(value)];
}
