/** Code points of a value that a message repeats; enough to recognise it, too little to flood a terminal. */
const LONGEST = 64;

// Control characters would let a name move the cursor or forge a log line, and invisible or bidirectional ones
// would let it pass for another name.
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}"\\]/gu;

/** What was found, as a message may print it: never longer than a line, never with control characters. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `"${escaped(value)}"`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return value === undefined ? 'absent' : String(value);
}

/** A name as part of a sentence: bare where it is harmless, otherwise as `shown`. */
export function shownName(name: unknown): string {
  if (typeof name !== 'string' || name === '') return '(no name)';
  return /^[\w.-]{1,253}$/.test(name) ? name : shown(name);
}

function escaped(text: string): string {
  const start = Array.from(text.slice(0, 2 * LONGEST))
    .slice(0, LONGEST)
    .join('');
  const safe = start.replace(UNSAFE, (unsafe) => `\\u{${unsafe.codePointAt(0)?.toString(16)}}`);
  return start.length < text.length ? `${safe}…` : safe;
}
