import fc from 'fast-check';
import { topologicalOrder } from '../../deploy/order';

interface Item {
  readonly id: string;
  readonly after: readonly string[];
}

const item = (id: string, ...after: string[]): Item => ({ id, after });
const ids = (items: readonly Item[]) => items.map(({ id }) => id);
const orderOf = (items: readonly Item[]) => topologicalOrder(items, ({ after }) => after);

test('items without dependencies keep their order', () => {
  expect(ids(orderOf([item('b'), item('a'), item('c')]).order)).toEqual(['b', 'a', 'c']);
});

test('an item moves behind what it depends on, and no further', () => {
  const { order } = orderOf([item('a', 'c'), item('b'), item('c'), item('d')]);
  expect(ids(order)).toEqual(['b', 'c', 'a', 'd']);
});

test('what is not among the items is ignored', () => {
  expect(ids(orderOf([item('a', 'elsewhere')]).order)).toEqual(['a']);
});

test('a cycle, and what is behind it, is reported', () => {
  const { order, cyclic } = orderOf([item('a', 'b'), item('b', 'a'), item('c', 'a'), item('d')]);
  expect(ids(order)).toEqual(['d']);
  expect(ids(cyclic)).toEqual(['a', 'b', 'c']);
});

/** Acyclic by construction: item i depends on lower numbers only; then shuffled. */
const acyclic = fc
  .array(fc.array(fc.nat(19), { maxLength: 4 }), { maxLength: 20 })
  .map((lists) =>
    lists.map((list, i) =>
      item(`${i}`, ...list.filter((other) => other < i).map((other) => `${other}`)),
    ),
  )
  .chain((items) => fc.shuffledSubarray(items, { minLength: items.length }));

test('law: every item comes once, after all it depends on', () => {
  fc.assert(
    fc.property(acyclic, (items) => {
      const { order, cyclic } = orderOf(items);
      const position = new Map(order.map(({ id }, index) => [id, index]));
      expect(cyclic).toEqual([]);
      expect(ids(order).sort()).toEqual(ids(items).sort());
      for (const { id, after } of order)
        for (const other of after)
          expect(position.get(other)).toBeLessThan(position.get(id) as number);
    }),
  );
});
