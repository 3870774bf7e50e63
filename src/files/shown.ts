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

/** Of a sentence of another program. */
const LONGEST_SENTENCE = 256;
const UNSAFE_IN_SENTENCE = /[\p{C}\p{Zl}\p{Zp}\\]/gu;

/**
 * What another program said, as the end of a sentence: with its own quotation marks, and safe to print all the same.
 */
export function shownSentence(text: string): string {
  return escaped(text, LONGEST_SENTENCE, UNSAFE_IN_SENTENCE);
}

/** A name as part of a sentence: bare where it is harmless, otherwise as `shown`. */
export function shownName(name: unknown): string {
  if (typeof name !== 'string' || name === '') return '(no name)';
  return /^[\w.-]{1,253}$/.test(name) ? name : shown(name);
}

function escaped(text: string, longest = LONGEST, unsafe = UNSAFE): string {
  const start = Array.from(text.slice(0, 2 * longest))
    .slice(0, longest)
    .join('');
  const safe = start.replace(unsafe, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`);
  return start.length < text.length ? `${safe}…` : safe;
}
