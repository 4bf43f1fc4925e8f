/** What a MutatingAdmissionPolicy evaluates: the patch of `policy/decision/patch.ts`. */
import { DECISION_ANNOTATION } from '../../../base/names';
import type { Stage } from '../../decision/enforcement';
import type { RuntimePolicy } from '../../model/runtime-policy';
import { questionsOf } from './conditions';
import { factVariables } from './facts';
import { ruleVariables } from './rules';
import { MIRROR_VARIABLE, selectionVariables } from './selection';
import { className, runtimeName, statedOf, stateVariables, strengthVariables } from './strength';
import { literal } from './text';
import { neededBy, type Variable } from './variable';

export interface Mutating {
  readonly variables: readonly Variable[];
  /** A list of JSONPatch. */
  readonly expression: string;
}

/**
 * @param stage the stage that is enforced; undefined where the namespace only warns or audits, and only a record of no decision is removed
 * @param hash of the whole policy
 */
export function mutating(policy: RuntimePolicy, stage: Stage | undefined, hash: string): Mutating {
  const decided = stage === undefined ? [] : decisionVariables(stage.policy, hash);
  const record: Variable = { name: 'record', expression: "''" };
  const chosen: Variable = { name: 'chosen', expression: '-1' };
  const all = [
    ...factVariables(questionsOf(stage?.policy.rules ?? [])),
    MIRROR_VARIABLE,
    ...(stage === undefined ? [chosen, record] : decided),
    ...stateVariablesWhere(stage === undefined, policy),
  ];
  const expression = patchOf(policy);
  return { variables: neededBy([expression], all), expression };
}

const stateVariablesWhere = (isLeftAlone: boolean, policy: RuntimePolicy): readonly Variable[] =>
  isLeftAlone ? stateVariables(policy, statedOf(policy)) : [];

function decisionVariables(policy: RuntimePolicy, hash: string): readonly Variable[] {
  return [
    ...ruleVariables(policy, { withMessages: false }),
    ...strengthVariables(policy),
    ...stateVariables(policy, statedOf(policy)),
    ...selectionVariables(policy),
    { name: 'asking_names', expression: jsonListOf('variables.asking.map(r, r.name)') },
    ...recordVariables(policy, hash),
  ];
}

/** Names of rules are label values, which JSON leaves as they are. */
const jsonListOf = (names: string): string =>
  `'[' + ${names}.map(n, '"' + n + '"').join(',') + ']'`;

/**
 * `variables.record` is the decision annotation, empty for none. A record that stands on the pod is kept where deciding without the label
 * and class it claims to have set gives the same record: that can only be a choice by class, or one for a bare pod.
 */
function recordVariables(policy: RuntimePolicy, hash: string): readonly Variable[] {
  const recordOf = (strength: string, source: string) =>
    `'{"runtime":"' + ${runtimeName(policy, strength)} + '","source":"' + ${source} + '","rules":' + variables.asking_names + ',"policy":"${hash}"}'`;
  const byClass =
    'variables.has_label && variables.label_strength == variables.class_strength && variables.is_class_acceptable';
  const bare = [
    "variables.bare_source in ['rule', 'default'] && variables.bare_runtime >= 0",
    '(!variables.has_label || variables.label_strength == variables.bare_runtime)',
    '(!variables.has_class || variables.class_strength == variables.bare_runtime)',
  ].join(' && ');
  const exempt = `'{"source":"exempt","rules":' + ${jsonListOf('variables.exempting')} + ',"policy":"${hash}"}'`;
  return [
    {
      name: 'possible_records',
      expression: `variables.is_mirror || variables.exempting.size() > 0 ? dyn([]) : [
  ${byClass} ? [${recordOf('variables.class_strength', "'class'")}] : [],
  ${bare} ? [${recordOf('variables.bare_runtime', 'variables.bare_source')}] : []
].flatten()`,
    },
    { name: 'standing_record', expression: STANDING },
    {
      name: 'record',
      expression: `variables.standing_record in variables.possible_records ? variables.standing_record : variables.source == 'exempt' ? ${exempt} : variables.chosen < 0 ? '' : ${recordOf('variables.chosen', 'variables.source')}`,
    },
  ];
}

const STANDING = `variables.annotations[?${literal(DECISION_ANNOTATION)}].orValue('')`;

function patchOf(policy: RuntimePolicy): string {
  const { labelKey } = policy;
  const has = `${literal(DECISION_ANNOTATION)} in variables.annotations`;
  const annotation = addToMap('annotations', DECISION_ANNOTATION, 'variables.record');
  const removal = `JSONPatch{op: 'remove', path: ${literal(pointer('metadata', 'annotations', DECISION_ANNOTATION))}}`;
  const runtimeClass = `JSONPatch{op: 'add', path: '/spec/runtimeClassName', value: ${className(policy, 'variables.chosen')}}`;
  return [
    `(variables.chosen < 0 || variables.has_label ? [] : [${addToMap('labels', labelKey, runtimeName(policy, 'variables.chosen'))}])`,
    `(variables.record == '' ? (${has} ? [${removal}] : []) : [${annotation}])`,
    `(variables.chosen < 0 || variables.has_class ? [] : [${runtimeClass}])`,
  ].join(' +\n');
}

/** The API server leaves empty maps out. */
function addToMap(map: 'labels' | 'annotations', key: string, value: string): string {
  const toMap = `JSONPatch{op: 'add', path: ${literal(pointer('metadata', map, key))}, value: ${value}}`;
  const newMap = `JSONPatch{op: 'add', path: ${literal(pointer('metadata', map))}, value: {${literal(key)}: ${value}}}`;
  return `has(object.metadata.${map}) ? ${toMap} : ${newMap}`;
}

/** JSON Pointer (RFC 6901). */
function pointer(...names: readonly string[]): string {
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
