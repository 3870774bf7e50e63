import { median, smallest } from './statistics.js';

export function count(number: number): string {
  return number.toLocaleString('en');
}

/** Smallest and (median); empty where nothing was measured. */
export function times(numbers: readonly number[]): string {
  if (numbers.length === 0 || Math.max(...numbers) === 0) return '';
  return `${smallest(numbers).toFixed(1)} (${median(numbers).toFixed(1)})`;
}
