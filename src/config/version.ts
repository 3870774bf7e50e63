/** Of this program; a test holds it to package.json, which a bundle cannot read. */
export const VERSION = '0.2.0';

/** Set by `scripts/bundle`. */
declare const BUILT_FROM: string | undefined;

/** The commit that the bundle was made of; undefined where nobody said it. */
export const COMMIT = typeof BUILT_FROM === 'string' && BUILT_FROM !== '' ? BUILT_FROM : undefined;
