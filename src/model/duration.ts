const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
const WHOLE = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;

/**
 * Seconds of a duration as Kubernetes writes it (`1h0m0s`, `250ms`, `0`); undefined where it is none. May be negative.
 */
export function parseDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  if (!WHOLE.test(text)) return undefined;
  let nanoseconds = 0;
  for (const [, count, unit = ''] of text.matchAll(PART))
    nanoseconds += Math.round(Number(count) * (NANOSECONDS[unit] ?? 0));
  return (text.startsWith('-') ? -nanoseconds : nanoseconds) / 1e9;
}

/** Seconds of a duration that has been checked before. */
export function durationSeconds(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new TypeError(`not a checked duration: ${text}`);
  return seconds;
}
