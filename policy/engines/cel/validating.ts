/** What a ValidatingAdmissionPolicy of one stage evaluates. */
import type { Scope, Stage } from '../../decision/enforcement';
import { questionsOf } from './conditions';
import { denialVariables } from './denials';
import { factVariables } from './facts';
import { judgedVariable } from './judged-change';
import { ruleVariables } from './rules';
import { choiceVariables } from './choice';
import { MIRROR_VARIABLE } from './selection';
import { statedOf, stateVariables, strengthVariables } from './strength';
import { neededBy, type Variable } from './variable';

export interface Validating {
  readonly variables: readonly Variable[];
  readonly expression: string;
  readonly messageExpression: string;
}

/**
 * Where the scope only warns or audits nothing is mutated, so a pod that is created is judged as the mutator would have left it.
 */
export function validating({ enforcement }: Pick<Scope, 'enforcement'>, stage: Stage): Validating {
  const { policy } = stage;
  const stated = statedOf(policy);
  const state =
    enforcement === 'deny'
      ? stateVariables(policy, stated)
      : [
          ...choiceVariables(policy),
          ...stateVariables(policy, {
            label: asMutated(stated.label, 'variables.wanted_label'),
            class: asMutated(stated.class, 'variables.wanted_class'),
          }),
        ];
  const expression = '!variables.is_judged || variables.denials.size() == 0';
  const messageExpression = 'variables.message';
  const variables = [
    judgedVariable(policy),
    ...factVariables(questionsOf(policy.rules)),
    MIRROR_VARIABLE,
    ...ruleVariables(policy, { withMessages: true }),
    ...strengthVariables(policy),
    ...state,
    ...denialVariables(policy),
  ];
  const outputs = [expression, messageExpression];
  return { variables: neededBy(outputs, variables), expression, messageExpression };
}

function asMutated(stated: string, wanted: string): string {
  return `(request.operation == 'CREATE' ? ${wanted} : ${stated})`;
}
