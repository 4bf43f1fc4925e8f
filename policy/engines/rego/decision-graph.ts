/**
 * A condition as a graph of tests, each of which says where to go on when it holds and where when it does not, as a compiler
 * writes short-circuit jumps. Rego has no recursion, so it cannot walk a nested condition; following edges it can.
 */
import type { Condition } from '../../model/runtime-policy';
import type { Clause, ContainerFormula, ContainerTest, FormulaOf } from '../../rules/formula';
import { formulaOf, isList, isNegation } from '../../rules/formula';
import type { ContainerParameters, PodParameters } from './condition-parameters';
import { containerParameters, podParameters } from './condition-parameters';

/** Where a test leads: to the test of that name, or to an end. */
type Target = string;

const MATCH: Target = 'match';
const MISMATCH: Target = 'mismatch';

interface Exits {
  readonly ifTrue: Target;
  readonly ifFalse: Target;
}

/** What is asked, and the name of the test: where it stands in the condition, such as `any[1].not.container`. */
interface Question {
  readonly name: string;
}

/** What is asked of one container: members that must all hold, or a graph of its own where the condition nests. */
type AskedOfContainer = ContainerParameters | { readonly graph: Graph<ContainerQuestion> };

interface ContainerQuestion extends Question {
  readonly container: ContainerParameters;
}

/** One of `container`, `everyContainer` and `pod`. */
interface PodQuestion extends Question {
  readonly container?: AskedOfContainer;
  readonly everyContainer?: AskedOfContainer;
  readonly pod?: PodParameters;
}

interface Graph<Asked extends Question> {
  readonly start: Target;
  readonly tests: readonly (Asked & Exits)[];
}

/** The graph of a condition: as many tests as the condition has `container`, `everyContainer` and `pod` members. */
export function decisionGraph(condition: Condition): Graph<PodQuestion> {
  return graphOf<Clause, PodQuestion>(formulaOf(condition), questionOf, ENDS);
}

const ENDS: Exits = { ifTrue: MATCH, ifFalse: MISMATCH };

function questionOf(clause: Clause): PodQuestion {
  const name = clause.path;
  switch (clause.kind) {
    case 'container':
      return { name, container: askedOfContainer(clause.formula) };
    case 'everyContainer':
      return { name, everyContainer: askedOfContainer(clause.formula) };
    case 'pod':
      return { name, pod: podParameters(clause.condition) };
  }
}

/** Most conditions ask one plain test, and those stay short. */
function askedOfContainer(formula: ContainerFormula): AskedOfContainer {
  if (formula.kind === 'test') return containerParameters(formula.condition);
  return { graph: graphOf<ContainerTest, ContainerQuestion>(formula, containerQuestion, ENDS) };
}

function containerQuestion({ path, condition }: ContainerTest): ContainerQuestion {
  return { name: path, container: containerParameters(condition) };
}

function graphOf<Leaf extends { readonly kind: string }, Asked extends Question>(
  formula: FormulaOf<Leaf>,
  question: (leaf: Leaf) => Asked,
  exits: Exits,
): Graph<Asked> {
  const inner = (part: FormulaOf<Leaf>, change: Partial<Exits>) =>
    graphOf(part, question, { ...exits, ...change });
  if (isList(formula)) {
    // In turn: each leads to the next while they hold (all), or while they do not (any).
    return formula.kind === 'all'
      ? chain(formula.parts, exits.ifTrue, (part, next) => inner(part, { ifTrue: next }))
      : chain(formula.parts, exits.ifFalse, (part, next) => inner(part, { ifFalse: next }));
  }
  if (isNegation(formula)) {
    return inner(formula.part, { ifTrue: exits.ifFalse, ifFalse: exits.ifTrue });
  }
  const test = { ...question(formula), ...exits };
  return { start: test.name, tests: [test] };
}

/** The graphs one after the other, each made knowing where the next starts; `end` is behind the last. */
function chain<Part, Asked extends Question>(
  parts: readonly Part[],
  end: Target,
  graph: (part: Part, next: Target) => Graph<Asked>,
): Graph<Asked> {
  return parts.reduceRight<Graph<Asked>>(
    (rest, part) => {
      const first = graph(part, rest.start);
      return { start: first.start, tests: [...first.tests, ...rest.tests] };
    },
    { start: end, tests: [] },
  );
}
