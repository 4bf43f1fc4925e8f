/** Selection in CEL: the table of `policy/decision/select.ts`. */
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

/** `variables.bare_source` and `variables.bare_runtime`: the choice for the pod without label and class (rows 6 to 8). */
export function bareVariables(policy: RuntimePolicy): readonly Variable[] {
  const required = or(policy.required.map((one) => `(${concerns(one)})`));
  return [
    {
      name: 'bare_source',
      expression: `variables.asking.size() > 0 ? 'rule' : ${required} ? 'none' : ${defaultSource(policy)}`,
    },
    {
      name: 'bare_runtime',
      expression: `[variables.minimum, variables.asking.size() > 0 ? variables.required : ${assigned(policy)}].max()`,
    },
  ];
}

/**
 * `variables.<prefix>source`, and `variables.<prefix>chosen`: a strength, or -1.
 *
 * @param prefix of the variables that hold label and class
 */
export function selectionVariables(prefix: string): readonly Variable[] {
  const state = (name: string) => `variables.${prefix}${name}`;
  const label = state('label_strength');
  const runtimeClass = state('class_strength');
  const isAcceptable = `${runtimeClass} >= variables.minimum && ${acceptableToRules(runtimeClass)}`;
  return [
    {
      name: `${prefix}source`,
      expression: [
        "variables.is_mirror ? 'mirror'",
        `${state('has_label')} ? (${label} >= 0 ? 'label' : 'none')`,
        "variables.exempting.size() > 0 ? 'exempt'",
        `${state('has_class')} ? (${isAcceptable} ? 'class' : 'none')`,
        'variables.bare_source',
      ].join(' : '),
    },
    {
      name: `${prefix}chosen`,
      expression: [
        `${state('source')} == 'label' ? ${label}`,
        `${state('source')} == 'class' ? ${runtimeClass}`,
        `${state('source')} in ['rule', 'default'] ? variables.bare_runtime`,
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
