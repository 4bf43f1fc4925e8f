/**
 * What the mutator wants, as `policy/decision/select-anew.ts` chooses it where no RuntimeClass is known: `variables.source`,
 * `variables.chosen`, and the optional `variables.wanted_label` and `variables.wanted_class`.
 *
 * A record on the pod takes away the label and class that it claims the mutator has set, and the pod is decided about without them, unless
 * its class would have to be exchanged. CEL reads no JSON: a record counts only as `formatRecord` writes it.
 */
import { DECISION_ANNOTATION } from '../../../base/names';
import type { RuntimePolicy } from '../../model/runtime-policy';
import { bareVariables, selectionVariables } from './selection';
import { className, runtimeName, statedOf, stateVariables } from './strength';
import { literal } from './text';
import type { Variable } from './variable';

/** A JSON string without escapes. */
const STRING = '"[^"\\\\\\x00-\\x1f]*"';
const RECORD = literal(
  `^\\{"runtime":${STRING},"source":"(?:label|class|rule|default)","rules":\\[(?:${STRING}(?:,${STRING})*)?\\],"policy":${STRING}\\}$`,
);

/** `variables.standing_record`: the decision annotation of the pod, empty where there is none. */
const STANDING: Variable = {
  name: 'standing_record',
  expression: `variables.annotations[?${literal(DECISION_ANNOTATION)}].orValue('')`,
};

/** Behind those of `rules.ts` and `strength.ts`. */
export function choiceVariables(policy: RuntimePolicy): readonly Variable[] {
  const stated = statedOf(policy);
  const claimed = (name: 'label' | 'class', runtime: string) =>
    `variables.has_record && variables.record_source != '${name}' && ${stated[name]} == ${runtime}`;
  const own = (name: 'label' | 'class', runtime: string) =>
    `(${claimed(name, runtime)} ? optional.none() : ${stated[name]})`;
  const wanted = (name: 'label' | 'class', chosen: string): Variable => ({
    name: `wanted_${name}`,
    expression: `variables.is_anew && variables.own_has_${name} ? optional.of(variables.own_${name}) : !variables.is_anew && variables.stated_has_${name} ? optional.of(variables.stated_${name}) : variables.chosen >= 0 ? optional.of(${chosen}) : optional.none()`,
  });
  return [
    STANDING,
    {
      name: 'has_record',
      expression: `!variables.is_mirror && variables.standing_record.matches(${RECORD})`,
    },
    { name: 'record_runtime', expression: partOfRecord(3) },
    { name: 'record_source', expression: partOfRecord(7) },
    ...bareVariables(policy),
    ...stateVariables(policy, stated, 'stated_'),
    ...selectionVariables('stated_'),
    ...stateVariables(
      policy,
      {
        label: own('label', 'optional.of(dyn(variables.record_runtime))'),
        class: own('class', classOfRecord(policy)),
      },
      'own_',
    ),
    ...selectionVariables('own_'),
    {
      name: 'is_anew',
      expression: `!variables.stated_has_class || variables.own_has_class || variables.own_chosen >= 0 && variables.stated_class == ${className(policy, 'variables.own_chosen')}`,
    },
    { name: 'source', expression: eitherOf('source') },
    { name: 'chosen', expression: eitherOf('chosen') },
    wanted('label', runtimeName(policy, 'variables.chosen')),
    wanted('class', className(policy, 'variables.chosen')),
  ];
}

const eitherOf = (name: string): string =>
  `variables.is_anew ? variables.own_${name} : variables.stated_${name}`;

/** Between quotes: the runtime is the fourth part, the source the eighth. */
const partOfRecord = (index: number): string =>
  `variables.has_record ? variables.standing_record.split('"')[${index}] : ''`;

function classOfRecord({ runtimes }: RuntimePolicy): string {
  const entries = runtimes.map(
    ({ name, runtimeClassName }) => `${literal(name)}: dyn(${literal(runtimeClassName)})`,
  );
  return `{${entries.join(', ')}}[?variables.record_runtime]`;
}
