/** What a ValidatingAdmissionPolicy of one stage evaluates. */
import type { Scope, Stage } from '../../decision/enforcement';
import { questionsOf } from './conditions';
import { denialVariables } from './denials';
import { factVariables } from './facts';
import { judgedVariable } from './judged-change';
import { ruleVariables } from './rules';
import { MIRROR_VARIABLE, selectionVariables } from './selection';
import { runtimeName, statedOf, stateVariables, strengthVariables, className } from './strength';
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
          ...stateVariables(policy, stated, 'stated_'),
          ...selectionVariables(policy, 'stated_'),
          ...stateVariables(policy, {
            label: orChosen(stated.label, runtimeName(policy, 'variables.chosen')),
            class: orChosen(stated.class, className(policy, 'variables.chosen')),
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

function orChosen(stated: string, chosen: string): string {
  const isChosen = "request.operation == 'CREATE' && variables.chosen >= 0";
  return `(${stated}.hasValue() ? ${stated} : ${isChosen} ? optional.of(${chosen}) : optional.none())`;
}
