/** Topological order that keeps the given order if the dependencies leave a choice (Kahn's algorithm). */

export interface Ordered<T> {
  readonly order: readonly T[];
  /** Items on a cycle, or behind one; empty when the order is complete. */
  readonly cyclic: readonly T[];
}

/** @param dependenciesOf what must come before an item; ids that are not among the items are ignored */
export function topologicalOrder<T extends { readonly id: string }>(
  items: readonly T[],
  dependenciesOf: (item: T) => Iterable<string>,
): Ordered<T> {
  const position = new Map(items.map((item, index) => [item.id, index]));
  const dependents = items.map((): number[] => []);
  const missing = items.map((item, index) => {
    const before = new Set([...dependenciesOf(item)].filter((id) => position.has(id)));
    for (const id of before) dependents[position.get(id) ?? 0]?.push(index);
    return before.size;
  });
  const ready = missing.flatMap((count, index) => (count === 0 ? [index] : []));
  const placed = new Set<T>();
  for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
    placed.add(items[next] as T);
    for (const dependent of dependents[next] ?? []) {
      missing[dependent] = (missing[dependent] ?? 0) - 1;
      if (missing[dependent] === 0) insertSorted(ready, dependent);
    }
  }
  return { order: [...placed], cyclic: items.filter((item) => !placed.has(item)) };
}

function insertSorted(numbers: number[], number: number): void {
  const at = numbers.findIndex((other) => other > number);
  numbers.splice(at < 0 ? numbers.length : at, 0, number);
}
