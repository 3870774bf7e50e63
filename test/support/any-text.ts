import fc from 'fast-check';

const SURROGATES = 0x800;
const FIRST_SURROGATE = 0xd800;
const LAST_CODE_POINT = 0x10_ffff;

/** Any character of Unicode; shrinks towards U+0000. */
const character = fc.integer({ min: 0, max: LAST_CODE_POINT - SURROGATES }).map(characterAt, indexOf);

/**
 * Any text, with a leaning towards such as "__proto__". It is what fast-check makes of `unit: 'binary'`, without the
 * list of all 1.1 million characters that fast-check makes first, for a second in every process.
 */
export function anyText(constraints: Omit<fc.StringConstraints, 'unit'> = {}): fc.Arbitrary<string> {
  return fc.string({ ...constraints, unit: character });
}

function characterAt(index: number): string {
  return String.fromCodePoint(index < FIRST_SURROGATE ? index : index + SURROGATES);
}

// Throws for what is no character: that is how fast-check finds out.
function indexOf(text: unknown): number {
  const code = typeof text === 'string' ? text.codePointAt(0) : undefined;
  if (code === undefined || text !== String.fromCodePoint(code)) throw new Error('not one character');
  return code < FIRST_SURROGATE ? code : code - SURROGATES;
}
