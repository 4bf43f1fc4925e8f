/** RULE_SHADOWED and RULES_CONTRADICT: what rules, requirements and minimums do to each other. */
import type { Lint } from './codes';
import { comparable, implies, neverHolds, type Comparable } from './implication';
import { canonicalJson } from '../../base/canonical-json';
import { asksForRuntime } from '../model/runtime-policy';
import type { Rule, RuntimePolicy } from '../model/runtime-policy';
import { formulaOf } from '../rules/formula';
import { partsInForce } from '../decision/enforcement';
import { strengthOf } from '../decision/strength';

/** Up to here each rule is compared with each other one; of more rules only those whose conditions are written alike. */
const MAX_COMPARED_RULES = 200;

interface Place {
  readonly rule: Rule;
  readonly path: string;
  readonly condition: Comparable;
}

/** At most one lint for each rule. */
export function ruleLints(policy: RuntimePolicy): readonly Lint[] {
  const places = policy.rules.flatMap((rule, index): Place[] => {
    const condition = comparable(formulaOf(rule.when));
    // A condition that never holds implies every other one and is reported as what it is.
    const isKnown = condition !== undefined && !neverHolds(formulaOf(rule.when));
    return isKnown ? [{ rule, path: `rules[${index}]`, condition }] : [];
  });
  return groups(places).flatMap((group) =>
    group.flatMap((place) => placeLints(policy, place, group)),
  );
}

function groups(places: readonly Place[]): readonly (readonly Place[])[] {
  if (places.length <= MAX_COMPARED_RULES) return [places];
  const alike = new Map<string, Place[]>();
  for (const place of places) {
    const key = canonicalJson(place.rule.when);
    const group = alike.get(key);
    if (group === undefined) alike.set(key, [place]);
    else group.push(place);
  }
  return [...alike.values()];
}

function placeLints(policy: RuntimePolicy, place: Place, group: readonly Place[]): readonly Lint[] {
  const { rule, path, condition } = place;
  for (const other of group) {
    if (other === place || !decidesAsMuch(policy, other.rule, rule)) continue;
    if (!implies(condition, other.condition)) continue;
    const isMutual = implies(other.condition, condition);
    const isFirst = group.indexOf(place) < group.indexOf(other);
    // Of two rules that shadow each other the later one is reported.
    if (isMutual && isFirst && decidesAsMuch(policy, rule, other.rule)) continue;
    const { name } = other.rule;
    if (isMutual && areExactlyDifferent(rule, other.rule)) {
      return [
        {
          code: 'RULES_CONTRADICT',
          path,
          reason: `asks for exactly ${rule.runtime}, and rule ${name} asks the same pods for exactly ${other.rule.runtime}`,
          fix: 'keep one of the two rules, or make their conditions exclude each other',
        },
      ];
    }
    return [
      {
        code: 'RULE_SHADOWED',
        path,
        reason: `changes no outcome: rule ${name} matches every pod it matches and ${effectOf(other.rule)}`,
        fix: `remove it, or exclude its pods from rule ${name}`,
      },
    ];
  }
  return [];
}

/** Whether a pod that both rules match is refused, exempt or given its runtime by `strong` whatever `weak` says. */
function decidesAsMuch(policy: RuntimePolicy, strong: Rule, weak: Rule): boolean {
  // A refusal reports the reason of each rule, so none of them is superfluous.
  if (weak.deny !== undefined || !isInForceWith(strong, weak)) return false;
  if (strong.deny !== undefined) return true;
  if (strong.exempt !== undefined) return weak.exempt !== undefined;
  if (!asksForRuntime(strong) || !asksForRuntime(weak)) return false;
  const difference = strengthOf(policy, strong.runtime) - strengthOf(policy, weak.runtime);
  const isLenient = strong.enforce === 'atLeast' && weak.enforce === 'exactly';
  return difference > 0 || (difference === 0 && !isLenient);
}

/** Whether the one is in force wherever the other is. */
function isInForceWith(one: Rule, { enforcement = 'deny' }: Rule): boolean {
  return partsInForce([one], enforcement).length > 0;
}

function areExactlyDifferent(one: Rule, other: Rule): boolean {
  const areExact = one.enforce === 'exactly' && other.enforce === 'exactly';
  return areExact && one.runtime !== other.runtime;
}

function effectOf({ deny, runtime }: Rule): string {
  if (deny !== undefined) return 'refuses it';
  return runtime === undefined ? 'exempts it' : `asks for ${runtime}`;
}
