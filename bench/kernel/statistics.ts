export function smallest(numbers: readonly number[]): number {
  return Math.min(...numbers);
}

export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** How far apart the largest and the smallest are, as a part of the median. */
export function spread(numbers: readonly number[]): number {
  return (Math.max(...numbers) - smallest(numbers)) / median(numbers);
}

/** The number that so large a part of all does not exceed. */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
