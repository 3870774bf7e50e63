/** What became of one operation. */
export type Outcome =
  | { readonly kind: 'done' }
  /** The kernel refused; nothing changed. */
  | { readonly kind: 'failed'; readonly error: KernelRefusal }
  /** The answer was lost: the write may or may not have happened, so look again before deciding anything. */
  | { readonly kind: 'unknown'; readonly error: KernelRefusal }
  /** Not tried, because something it builds on is not there. */
  | { readonly kind: 'skipped' };

export interface KernelRefusal {
  /** errno's name, `EEXIST`. */
  readonly code: string;
  /** The kernel's own words (extended acknowledgement), where it gave any. */
  readonly message?: string;
}

export const DONE: Outcome = { kind: 'done' };
export const SKIPPED: Outcome = { kind: 'skipped' };

export function failed(code: string, message?: string): Outcome {
  return { kind: 'failed', error: message === undefined ? { code } : { code, message } };
}

export function unknown(code: string): Outcome {
  return { kind: 'unknown', error: { code } };
}
