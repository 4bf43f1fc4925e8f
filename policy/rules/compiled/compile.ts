/** The compiled matcher: what `referenceMatcher` finds, at a cost that follows the pod and the rules that match, not the number of rules. */
import { atomHolds } from '../atoms';
import type { PodFacts } from '../../pod/facts';
import type { Matcher } from '../match';
import { sortedByName } from '../match';
import type { Rule, RuntimePolicy } from '../../model/runtime-policy';
import type { Subject } from '../../pod/subject';
import { containerSubject, podSubject } from '../../pod/subject';
import type { ClauseIndex } from './clauses';
import { compileClauses } from './clauses';
import type { Formula, NumberedClause } from './formula';
import { compileConditions, formulaHolds, triggersOf } from './formula';

/**
 * Compiles a policy's rules.
 *
 * Each rule waits for the cheapest set of clauses one of which must hold for it to match; all those clauses are indexed together, and
 * only rules that are woken are evaluated. A rule that can match without any clause holding, such as a bare `not`, is evaluated for
 * every pod. The matcher keeps nothing between pods.
 */
export function compileMatcher(policy: RuntimePolicy): Matcher {
  const rules = sortedByName(policy.rules);
  const { formulas, clauses } = compileConditions(rules.map((rule) => rule.when));
  const { waiting, always } = assignTriggers(formulas, clauses);
  const compileScope = (scope: NumberedClause['scope']): ClauseIndex =>
    compileClauses(clauses.filter((clause) => clause.scope === scope && waiting.has(clause.id)));
  const containerIndex = compileScope('container');
  const podIndex = compileScope('pod');

  function matching(facts: PodFacts): readonly Rule[] {
    const pod = podSubject(facts);
    const containers = facts.containers.map(containerSubject);
    const holding = new Map<number, boolean>();
    const woken = new Set(always);
    const wake = (clause: number) => {
      if (holding.has(clause)) return;
      holding.set(clause, true);
      waiting.get(clause)?.forEach((rule) => woken.add(rule));
    };
    podIndex(pod, wake);
    for (const container of containers) containerIndex(container, wake);

    const clauseHolds = (id: number): boolean => {
      const known = holding.get(id) ?? (waiting.has(id) ? false : undefined);
      if (known !== undefined) return known;
      const holds = evaluate(clauses[id], pod, containers);
      holding.set(id, holds);
      return holds;
    };
    return [...woken]
      .sort((a, b) => a - b)
      .filter((index) => {
        const formula = formulas[index];
        return formula !== undefined && formulaHolds(formula, clauseHolds);
      })
      .flatMap((index) => rules[index] ?? []);
  }

  return { matching };
}

interface Assignment {
  /** By clause: the rules it wakes. Its keys are the clauses that are indexed. */
  readonly waiting: ReadonlyMap<number, readonly number[]>;
  /** Rules nothing needs to wake. */
  readonly always: readonly number[];
}

function assignTriggers(
  formulas: readonly Formula[],
  clauses: readonly NumberedClause[],
): Assignment {
  const waiting = new Map<number, number[]>();
  const always: number[] = [];
  formulas.forEach((formula, rule) => {
    const triggers = triggersOf(formula, clauses);
    if (triggers === undefined) always.push(rule);
    for (const clause of triggers?.clauses ?? []) {
      const woken = waiting.get(clause);
      if (woken === undefined) waiting.set(clause, [rule]);
      else woken.push(rule);
    }
  });
  return { waiting, always };
}

/** Asks a clause that is not indexed. */
function evaluate(
  clause: NumberedClause | undefined,
  pod: Subject,
  containers: readonly Subject[],
): boolean {
  if (clause === undefined) return false;
  const subjects = clause.scope === 'pod' ? [pod] : containers;
  return subjects.some((subject) => clause.atoms.every((atom) => atomHolds(atom, subject)));
}
