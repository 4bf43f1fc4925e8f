/** Selection in CEL, the table of `policy/decision/select.ts`: `variables.chosen`, a strength or -1, and `variables.source`. */
import { strengthOf } from '../../decision/strength';
import { MIRROR_ANNOTATION } from '../../../base/names';
import type { RuntimePolicy } from '../../model/runtime-policy';
import { acceptableToRules, concerns } from './strength';
import { literal, or } from './text';
import type { Variable } from './variable';

/** Whether the pod mirrors a static pod. */
export const MIRROR_VARIABLE: Variable = {
  name: 'is_mirror',
  expression: `${literal(MIRROR_ANNOTATION)} in variables.annotations`,
};

/**
 * `variables.bare_source` and `variables.bare_runtime` are the choice for the pod without label and class (rows 6 to 8).
 *
 * @param prefix of the variables that hold label and class
 */
export function selectionVariables(policy: RuntimePolicy, prefix = ''): readonly Variable[] {
  const state = (name: string) => `variables.${prefix}${name}`;
  const label = state('label_strength');
  const runtimeClass = state('class_strength');
  return [
    {
      name: 'bare_source',
      expression: `variables.asking.size() > 0 ? 'rule' : ${or(policy.required.map((one) => `(${concerns(one)})`))} ? 'none' : ${defaultSource(policy)}`,
    },
    {
      name: 'bare_runtime',
      expression: `[variables.minimum, variables.asking.size() > 0 ? variables.required : ${assigned(policy)}].max()`,
    },
    {
      name: 'is_class_acceptable',
      expression: `${runtimeClass} >= variables.minimum && ${acceptableToRules(runtimeClass)}`,
    },
    {
      name: 'source',
      expression: [
        "variables.is_mirror ? 'mirror'",
        `${state('has_label')} ? (${label} >= 0 ? 'label' : 'none')`,
        "variables.exempting.size() > 0 ? 'exempt'",
        `${state('has_class')} ? (variables.is_class_acceptable ? 'class' : 'none')`,
        'variables.bare_source',
      ].join(' : '),
    },
    {
      name: 'chosen',
      expression: [
        `variables.source == 'label' ? ${label}`,
        `variables.source == 'class' ? ${runtimeClass}`,
        "variables.source in ['rule', 'default'] ? variables.bare_runtime",
        '-1',
      ].join(' : '),
    },
  ];
}

function defaultSource({ unlabelled }: RuntimePolicy): string {
  if (unlabelled === 'deny') return "'none'";
  return unlabelled === 'ignore' ? "(variables.minimum >= 0 ? 'default' : 'none')" : "'default'";
}

function assigned(policy: RuntimePolicy): number {
  const { unlabelled } = policy;
  return typeof unlabelled === 'object' ? strengthOf(policy, unlabelled.assign) : -1;
}
