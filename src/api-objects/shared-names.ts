/**
 * One copy of what a hundred thousand endpoints say alike: names of zones, and lists of a zone or two. Each object is
 * parsed on its own, so that equal texts are different strings in memory.
 */
const MOST = 10_000;
const names = new Map<string, string>();
const lists = new Map<string, readonly string[]>();

export function sharedName(name: string): string {
  return names.get(name) ?? remember(names, name, name);
}

/** A list with these names in this order, the same one each time. */
export function sharedList(list: readonly string[]): readonly string[] {
  const key = list.join(' ');
  return lists.get(key) ?? remember(lists, key, list.map(sharedName));
}

// Names of nodes that are long gone must not stay for ever, and a source that makes up new ones must not fill the memory.
// Starting anew costs a second copy of what is in use, once.
function remember<V>(known: Map<string, V>, key: string, value: V): V {
  if (known.size === MOST) known.clear();
  known.set(key, value);
  return value;
}
