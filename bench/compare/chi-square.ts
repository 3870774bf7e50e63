export interface Evenness {
  readonly chiSquare: number;
  readonly degrees: number;
  /** The chance of a distribution that is at least so uneven if every endpoint is as likely. */
  readonly chance: number;
}

/** Whether connections were spread evenly over so many endpoints; some may have got none. */
export function evenness(counts: readonly number[], endpoints: number): Evenness {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const expected = all / endpoints;
  const without = (endpoints - counts.length) * expected;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, without);
  const degrees = endpoints - 1;
  return { chiSquare, degrees, chance: degrees === 0 ? 1 : upperTail(chiSquare, degrees) };
}

// Wilson and Hilferty: the cube root of chi-square is nearly normal. Good to a hundredth from three degrees on.
function upperTail(chiSquare: number, degrees: number): number {
  const part = 2 / (9 * degrees);
  return 1 - normalBelow((Math.cbrt(chiSquare / degrees) - (1 - part)) / Math.sqrt(part));
}

// Abramowitz and Stegun 26.2.17.
function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z >= 0 ? 1 - tail : tail;
}
