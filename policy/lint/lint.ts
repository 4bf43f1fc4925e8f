/** Lints of a policy: what is valid and still most likely not meant. Only what can be proved is reported. */
import type { Lint } from './codes';
import { conditionLints } from './conditions';
import { containerLints } from './containers';
import { demandLints } from './demands';
import { exemptionLints } from './exemptions';
import { ruleLints } from './rules';
import { runtimeLints } from './runtimes';
import type { RuntimePolicy } from '../model/runtime-policy';

/** @param policy as `definePolicy` makes it */
export function lintPolicy(policy: RuntimePolicy): readonly Lint[] {
  return [
    ...runtimeLints(policy),
    ...policy.rules.flatMap((rule, index) => {
      const path = `rules[${index}].when`;
      return [
        ...conditionLints(rule.when, path),
        ...containerLints(rule, path),
        ...exemptionLints(rule, path),
      ];
    }),
    ...ruleLints(policy),
    ...demandLints(policy),
  ];
}
