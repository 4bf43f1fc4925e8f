/** NOT_AROUND_CONTAINER and BLIND_TO_POD_TOTALS: conditions on containers that another spelling of the same pod avoids. */
import type { Lint } from './codes';
import { leavesOf } from './leaves';
import { formatPath } from '../../base/zod-problems';
import type { Rule } from '../model/runtime-policy';
import { asksForRuntime } from '../model/runtime-policy';
import type { Atom } from '../rules/atoms';
import { formulaOf } from '../rules/formula';

/** @param path of the rule's condition in the policy, such as `rules[2].when` */
export function containerLints(rule: Rule, path: string): readonly Lint[] {
  return [...negatedContainers(rule, path), ...blindComparisons(rule, path)];
}

/** An exemption that one more container ends errs on the safe side. */
function negatedContainers(rule: Rule, path: string): readonly Lint[] {
  if (rule.exempt !== undefined) return [];
  return leavesOf(formulaOf(rule.when))
    .filter(({ leaf, holds }) => leaf.kind === 'container' && !holds)
    .map(({ leaf }) => ({
      code: 'NOT_AROUND_CONTAINER',
      path: `${path}.${leaf.path}`,
      reason:
        'is negated: no container may be so, and one more container that is switches the rule off',
      fix: 'write container: { not: … } for "some container is not", or everyContainer: { not: … } for "no container is"',
    }));
}

/** Resources a pod can state for all its containers (Kubernetes v1.36.3, component-helpers/resource/helpers.go, IsSupportedPodLevelResource). */
const POD_LEVEL = /^(cpu|memory|hugepages-.*)$/;

type Comparison = Extract<Atom, { kind: 'compare' }>;

function blindComparisons(rule: Rule, path: string): readonly Lint[] {
  if (!asksForRuntime(rule)) return [];
  const clauses = leavesOf(formulaOf(rule.when)).map(({ leaf }) => leaf);
  const totals = new Set(
    clauses
      .flatMap((clause) => (clause.kind === 'pod' ? comparisons(clause.atoms) : []))
      .map(({ name }) => name),
  );
  return clauses.flatMap((clause) => {
    if (clause.kind !== 'container') return [];
    return leavesOf(clause.formula).flatMap(({ leaf }) => {
      const blind = comparisons(leaf.atoms).find(
        ({ name, all }) => !totals.has(name) && all.some((atom) => canBeSpread(name, atom)),
      );
      if (blind === undefined) return [];
      return [
        {
          code: 'BLIND_TO_POD_TOTALS',
          path: formatPath([blind.list, blind.name], `${path}.${leaf.path}`),
          reason:
            'is compared for one container, so several containers or resources of the whole pod avoid it',
          fix: `compare pod.${blind.list} instead, beside what is asked of the container`,
        } as const,
      ];
    });
  });
}

interface Compared {
  readonly list: 'requests' | 'limits';
  /** Name of the resource, or a glob for names. */
  readonly name: string;
  readonly all: readonly Comparison[];
}

function comparisons(atoms: readonly Atom[]): readonly Compared[] {
  return atoms.flatMap((atom): Compared[] => {
    const all = (atom.kind === 'someField' ? atom.atoms : [atom]).filter(
      (inner) => inner.kind === 'compare',
    );
    const [, list, name] = /^(requests|limits)\.(.*)$/s.exec(atom.field) ?? [];
    if (all.length === 0 || name === undefined) return [];
    return [{ list: list === 'requests' ? 'requests' : 'limits', name, all }];
  });
}

const ONE = 1_000_000_000n;

/**
 * Whether containers together can be on the other side of the bound than each alone. An extended resource is a whole number and cannot
 * be stated for the pod, so whether there is any is the same question of containers as of the pod.
 */
function canBeSpread(name: string, { comparison, threshold }: Comparison): boolean {
  if (POD_LEVEL.test(name) || name.includes('*')) return true;
  const asksForAny =
    (comparison === 'gt' && threshold < ONE) || (comparison === 'gte' && threshold <= ONE);
  return !asksForAny;
}
