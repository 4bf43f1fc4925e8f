/** EXEMPTION_BY_AUTHOR: exemptions that an author of a pod can claim without anybody's consent. */
import { casesOf, isImpossible, type Case } from './cases';
import type { Lint } from './codes';
import { isContradiction, type Answer } from './contradiction';
import { globMatches } from '../../base/glob';
import type { Rule } from '../model/runtime-policy';
import { formulaOf } from '../rules/formula';

/** @param path of the rule's condition in the policy, such as `rules[2].when` */
export function exemptionLints(rule: Rule, path: string): readonly Lint[] {
  if (rule.exempt === undefined) return [];
  const cases = casesOf(formulaOf(rule.when)) ?? [];
  if (!cases.some((found) => !isImpossible(found) && isClaimable(found))) return [];
  return [
    {
      code: 'EXEMPTION_BY_AUTHOR',
      path,
      reason:
        'asks only for what the author of a pod writes, so every author can claim the exemption',
      fix: 'add pod.namespace, and pod.serviceAccountName to single out one workload of it',
    },
  ];
}

function isClaimable({ pod, some, every }: Case): boolean {
  if (!pod.every(isWritten)) return false;
  return every.some((each) =>
    [...some, []].every((container) => {
      const answers = [...container, ...each];
      return answers.every(isWrittenInContainer) && !isContradiction(answers);
    }),
  );
}

/** Labels, annotations, and the ServiceAccount that every namespace has. */
function isWritten({ atom, holds }: Answer): boolean {
  if (atom.kind === 'glob' && atom.field === 'serviceAccountName') {
    return globMatches(atom.glob, 'default') === holds;
  }
  return /^(labels|annotations)\./.test(atom.field);
}

function isWrittenInContainer({ atom }: Answer): boolean {
  return atom.field === 'name' || /^image(\.|$)/.test(atom.field);
}
