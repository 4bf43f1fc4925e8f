/**
 * A condition as a graph of tests, each of which says where to go on when it holds and where when it does not, as a compiler
 * writes short-circuit jumps. Rego has no recursion, so it cannot walk a nested condition; following edges it can.
 */
import type { Condition } from '../../model/runtime-policy';
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
  return compile(condition, '', { ifTrue: MATCH, ifFalse: MISMATCH });
}

type Part = (exits: Exits) => DecisionGraph;

function compile(condition: Condition, path: string, exits: Exits): DecisionGraph {
  const { all, any, not, container, pod } = condition;
  const inner =
    (member: Condition, at: string): Part =>
    (to) =>
      compile(member, `${path}${at}.`, to);
  const parts: Part[] = (all ?? []).map((member, index) => inner(member, `all[${index}]`));
  if (any !== undefined) {
    const members = any.map((member, index) => inner(member, `any[${index}]`));
    parts.push((to) => firstThatHolds(members, to));
  }
  if (not !== undefined) {
    parts.push((to) => inner(not, 'not')({ ifTrue: to.ifFalse, ifFalse: to.ifTrue }));
  }
  if (container !== undefined)
    parts.push(leaf({ name: `${path}container`, container: containerTest(container) }));
  if (pod !== undefined) parts.push(leaf({ name: `${path}pod`, pod: podTest(pod) }));
  return everyOne(parts, exits);
}

function leaf(test: Omit<GraphTest, keyof Exits>): Part {
  return (exits) => ({ start: test.name, tests: [{ ...test, ...exits }] });
}

/** All of them in turn: each leads to the next while they hold. */
function everyOne(parts: readonly Part[], exits: Exits): DecisionGraph {
  return parts.reduceRight<DecisionGraph>(
    (next, part) => join(part({ ifTrue: next.start, ifFalse: exits.ifFalse }), next),
    { start: exits.ifTrue, tests: [] },
  );
}

/** One of them: each leads to the next while they do not hold. */
function firstThatHolds(parts: readonly Part[], exits: Exits): DecisionGraph {
  return parts.reduceRight<DecisionGraph>(
    (next, part) => join(part({ ifTrue: exits.ifTrue, ifFalse: next.start }), next),
    { start: exits.ifFalse, tests: [] },
  );
}

function join(first: DecisionGraph, rest: DecisionGraph): DecisionGraph {
  return { start: first.start, tests: [...first.tests, ...rest.tests] };
}
