/** The compiled matcher: what `referenceMatcher` finds, at a cost that follows the pod and the rules that match, not the number of rules. */
import type { Clause, Formula } from '../formula';
import { clauseHolds, formulaHolds, formulaOf } from '../formula';
import type { PodFacts } from '../../pod/facts';
import type { Matcher } from '../match';
import { sortedByName } from '../match';
import type { Rule, RuntimePolicy } from '../../model/runtime-policy';
import { subjectsOf } from '../../pod/subject';
import type { ClauseIndex } from './clauses';
import { compileClauses } from './clauses';
import type { NumberedClause } from './triggers';
import { numberClauses, triggersOf } from './triggers';

/**
 * Compiles a policy's rules.
 *
 * Each rule waits for the cheapest set of clauses one of which must hold for it to match; all those clauses are indexed together, and
 * only rules that are woken are evaluated. A rule that can match without any clause holding, such as a bare `not`, is evaluated for
 * every pod. The matcher keeps nothing between pods.
 */
export function compileMatcher(policy: RuntimePolicy): Matcher {
  const rules = sortedByName(policy.rules);
  const formulas = rules.map((rule) => formulaOf(rule.when));
  const numbered = numberClauses(formulas);
  const { waiting, always } = assignTriggers(formulas, numbered);
  const containerIndex = compileKind('container', numbered, waiting);
  const podIndex = compileKind('pod', numbered, waiting);
  const conjunctions = new Set(
    [...numbered.values()].flatMap(({ id, isConjunction }) => (isConjunction ? [id] : [])),
  );

  function matching(facts: PodFacts): readonly Rule[] {
    const subjects = subjectsOf(facts);
    const fired = new Set<number>();
    const evaluated = new Map<number, boolean>();
    const woken = new Set(always);
    const wake = (clause: number) => {
      if (fired.has(clause)) return;
      fired.add(clause);
      waiting.get(clause)?.forEach((rule) => woken.add(rule));
    };
    podIndex(subjects.pod, wake);
    for (const container of subjects.containers) containerIndex(container, wake);

    const holds = (clause: Clause): boolean => {
      const id = numbered.get(clause)?.id ?? -1;
      if (waiting.has(id) && !fired.has(id)) return false;
      if (fired.has(id) && conjunctions.has(id)) return true;
      const isHolding = evaluated.get(id) ?? clauseHolds(clause, subjects);
      evaluated.set(id, isHolding);
      return isHolding;
    };
    return [...woken]
      .sort((a, b) => a - b)
      .filter((index) => {
        const formula = formulas[index];
        return formula !== undefined && formulaHolds(formula, holds);
      })
      .flatMap((index) => rules[index] ?? []);
  }

  return { matching };
}

function compileKind(
  subject: 'container' | 'pod',
  numbered: ReadonlyMap<Clause, NumberedClause>,
  waiting: ReadonlyMap<number, unknown>,
): ClauseIndex {
  const indexed = [...new Set(numbered.values())].filter(
    ({ id, clause }) => (clause.kind === 'pod') === (subject === 'pod') && waiting.has(id),
  );
  return compileClauses(indexed);
}

interface Assignment {
  /** By clause: the rules it wakes. Its keys are the clauses that are indexed. */
  readonly waiting: ReadonlyMap<number, readonly number[]>;
  /** Rules nothing needs to wake. */
  readonly always: readonly number[];
}

function assignTriggers(
  formulas: readonly Formula[],
  numbered: ReadonlyMap<Clause, NumberedClause>,
): Assignment {
  const waiting = new Map<number, number[]>();
  const always: number[] = [];
  formulas.forEach((formula, rule) => {
    const triggers = triggersOf(formula, numbered);
    if (triggers === undefined) always.push(rule);
    for (const clause of triggers?.clauses ?? []) {
      const woken = waiting.get(clause);
      if (woken === undefined) waiting.set(clause, [rule]);
      else woken.push(rule);
    }
  });
  return { waiting, always };
}
