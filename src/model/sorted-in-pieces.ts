/** What is sorted, or merged, in one piece: less than a millisecond. */
const RUN = 512;

/** Sorts a new list in pieces, of which none takes long; what is equal stays in its order. */
export function* sortedInPieces<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
): Generator<void, T[]> {
  let runs: T[][] = [];
  for (let start = 0; start < items.length; start += RUN) {
    runs.push(items.slice(start, start + RUN).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const longer: T[][] = [];
    for (let index = 0; index < runs.length; index += 2)
      longer.push(yield* merged(runs[index] ?? [], runs[index + 1] ?? [], compare));
    runs = longer;
  }
  return runs[0] ?? [];
}

function* merged<T>(
  first: readonly T[],
  second: readonly T[],
  compare: (a: T, b: T) => number,
): Generator<void, T[]> {
  const all: T[] = [];
  let at = 0;
  for (const item of first) {
    while (at < second.length && compare(second[at] as T, item) < 0) {
      all.push(second[at++] as T);
      if (all.length % RUN === 0) yield;
    }
    all.push(item);
    if (all.length % RUN === 0) yield;
  }
  return all.concat(second.slice(at));
}
