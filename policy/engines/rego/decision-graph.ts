/**
 * A condition as a graph of tests, each of which says where to go on when it holds and where when it does not, as a compiler
 * writes short-circuit jumps. Rego has no recursion, so it cannot walk a nested condition; following edges it can.
 */
import type { Condition } from '../../model/runtime-policy';
import type { Formula } from '../../rules/formula';
import { formulaOf } from '../../rules/formula';
import type { ContainerTest, PodTest } from './condition-parameters';
import { containerTest, podTest } from './condition-parameters';

/** Where a test leads: to the test of that name, or to an end. */
type Target = string;

const MATCH: Target = 'match';
const MISMATCH: Target = 'mismatch';

interface GraphTest {
  /** Where the test stands in the condition, such as `any[1].not.container`. */
  readonly name: string;
  readonly container?: ContainerTest;
  readonly pod?: PodTest;
  readonly ifTrue: Target;
  readonly ifFalse: Target;
}

interface DecisionGraph {
  readonly start: Target;
  readonly tests: readonly GraphTest[];
}

interface Exits {
  readonly ifTrue: Target;
  readonly ifFalse: Target;
}

/** The graph of a condition: as many tests as the condition has `container` and `pod` members. */
export function decisionGraph(condition: Condition): DecisionGraph {
  return graphOf(formulaOf(condition), { ifTrue: MATCH, ifFalse: MISMATCH });
}

function graphOf(formula: Formula, exits: Exits): DecisionGraph {
  const { ifTrue, ifFalse } = exits;
  switch (formula.kind) {
    case 'all': // in turn: each leads to the next while they hold
      return chain(formula.parts, ifTrue, (part, next) => graphOf(part, { ifTrue: next, ifFalse }));
    case 'any': // in turn: each leads to the next while they do not hold
      return chain(formula.parts, ifFalse, (part, next) =>
        graphOf(part, { ifTrue, ifFalse: next }),
      );
    case 'not':
      return graphOf(formula.part, { ifTrue: ifFalse, ifFalse: ifTrue });
    case 'container':
      return leaf({ name: formula.path, container: containerTest(formula.condition), ...exits });
    case 'pod':
      return leaf({ name: formula.path, pod: podTest(formula.condition), ...exits });
  }
}

function leaf(test: GraphTest): DecisionGraph {
  return { start: test.name, tests: [test] };
}

/** The graphs one after the other, each made knowing where the next starts; `end` is behind the last. */
function chain(
  parts: readonly Formula[],
  end: Target,
  graph: (part: Formula, next: Target) => DecisionGraph,
): DecisionGraph {
  return parts.reduceRight<DecisionGraph>(
    (rest, part) => {
      const first = graph(part, rest.start);
      return { start: first.start, tests: [...first.tests, ...rest.tests] };
    },
    { start: end, tests: [] },
  );
}
