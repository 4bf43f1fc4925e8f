import * as fc from 'fast-check';
import { decisionGraph } from '../../../../policy/engines/rego/decision-graph';
import type { Condition } from '../../../../policy/model/runtime-policy';
import { conditions } from '../../../fixtures/arbitraries';

const a: Condition = { container: { name: 'a' } };
const b: Condition = { pod: { hostPID: true } };

test('names tests after their place and leads on as short-circuit evaluation does', () => {
  const { start, tests } = decisionGraph({ any: [a, { not: b }], container: { name: 'c' } });
  expect(start).toBe('any[0].container');
  expect(tests.map(({ name, ifTrue, ifFalse }) => [name, ifTrue, ifFalse])).toEqual([
    ['any[0].container', 'container', 'any[1].not.pod'],
    ['any[1].not.pod', 'mismatch', 'container'],
    ['container', 'match', 'mismatch'],
  ]);
});

test('asks plain members of a container as they are, and nested ones by a graph of their own', () => {
  const plain = decisionGraph({ everyContainer: { name: 'a' } });
  expect(plain.tests[0]?.everyContainer).toEqual({ name: { equals: 'a' } });
  const nested = decisionGraph({ container: { name: 'a', not: { env: 'B*' } } });
  expect(nested.tests[0]?.container).toEqual({
    graph: {
      start: 'container.not',
      tests: [
        {
          name: 'container.not',
          container: { env: { matches: '^B[\\s\\S]*$' } },
          ifTrue: 'mismatch',
          ifFalse: 'container',
        },
        {
          name: 'container',
          container: { name: { equals: 'a' } },
          ifTrue: 'match',
          ifFalse: 'mismatch',
        },
      ],
    },
  });
});

test('writes keys as they are and globs among them as expressions', () => {
  const { tests } = decisionGraph({
    pod: { requests: { cpu: { gt: '1' }, 'a.b/*': { lt: '2' } } },
  });
  expect(tests[0]?.pod).toEqual({
    requests: { cpu: { gt: '1' }, '^a\\.b/[\\s\\S]*$': { lt: '2' } },
  });
});

test('ends in a match exactly where the condition holds, whichever of its tests do', () => {
  fc.assert(
    fc.property(conditions, fc.func(fc.boolean()), (condition, passes) => {
      const expected = holds(condition, '', passes) ? 'match' : 'mismatch';
      expect(endOf(decisionGraph(condition), passes)).toBe(expected);
    }),
  );
});

type Passes = (place: string) => boolean;
type Graph = ReturnType<typeof decisionGraph>;
type InnerGraph = Extract<Graph['tests'][number]['container'], { graph: unknown }>['graph'];

/** Follows the graph. Of a container condition that nests, its own graph says whether it holds. */
function endOf({ start, tests }: Graph | InnerGraph, passes: Passes): string {
  const visited = new Set<string>();
  let at = start;
  while (at !== 'match' && at !== 'mismatch') {
    const here: Graph['tests'][number] | undefined = tests.find(({ name }) => name === at);
    if (here === undefined || visited.has(at)) throw new Error(`No way on from ${at}`);
    visited.add(at);
    const asked = here.container ?? here.everyContainer ?? {};
    const passed = 'graph' in asked ? endOf(asked.graph, passes) === 'match' : passes(at);
    at = passed ? here.ifTrue : here.ifFalse;
  }
  return at;
}

/** Whether the condition holds when what stands directly in its `container`, `everyContainer` and `pod` members holds as told, by place. */
function holds(condition: Condition, path: string, passes: Passes): boolean {
  const { all, any, not, container, everyContainer, pod } = condition;
  return (
    nestedHolds({ all, any, not }, path, (member, place) => holds(member, place, passes)) &&
    (container === undefined || containerHolds(container, `${path}container`, passes)) &&
    (everyContainer === undefined ||
      containerHolds(everyContainer, `${path}everyContainer`, passes)) &&
    (pod === undefined || passes(`${path}pod`))
  );
}

type InContainer = NonNullable<Condition['container']>;

function containerHolds(condition: InContainer, path: string, passes: Passes): boolean {
  const { all, any, not, ...members } = condition;
  const inner = (member: InContainer, place: string) =>
    containerHolds(member, place.slice(0, -1), passes);
  return (
    nestedHolds({ all, any, not }, `${path}.`, inner) &&
    (Object.keys(members).length === 0 || passes(path))
  );
}

interface Nested<C> {
  readonly all: readonly C[] | undefined;
  readonly any: readonly C[] | undefined;
  readonly not: C | undefined;
}

function nestedHolds<C>(
  { all = [], any, not }: Nested<C>,
  path: string,
  inner: (member: C, place: string) => boolean,
): boolean {
  return (
    all.every((member, index) => inner(member, `${path}all[${index}].`)) &&
    (any === undefined || any.some((member, index) => inner(member, `${path}any[${index}].`))) &&
    (not === undefined || !inner(not, `${path}not.`))
  );
}
