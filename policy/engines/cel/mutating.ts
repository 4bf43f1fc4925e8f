/** What a MutatingAdmissionPolicy evaluates: the patch of `policy/decision/patch.ts`. */
import { DECISION_ANNOTATION } from '../../../base/names';
import type { Stage } from '../../decision/enforcement';
import type { RuntimePolicy } from '../../model/runtime-policy';
import { questionsOf } from './conditions';
import { factVariables } from './facts';
import { ruleVariables } from './rules';
import { choiceVariables } from './choice';
import { MIRROR_VARIABLE } from './selection';
import { runtimeName, statedOf, stateVariables, strengthVariables } from './strength';
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
  const stated = stateVariables(policy, statedOf(policy), 'stated_');
  const variables =
    stage === undefined
      ? [...stated, ...LEFT_ALONE]
      : [
          MIRROR_VARIABLE,
          ...ruleVariables(stage.policy, { withMessages: false }),
          ...strengthVariables(stage.policy),
          ...choiceVariables(stage.policy),
          ...recordVariables(stage.policy, hash),
        ];
  const facts = factVariables(questionsOf(stage?.policy.rules ?? []));
  const expression = patchOf(policy);
  return { variables: neededBy([expression], [...facts, ...variables]), expression };
}

const LEFT_ALONE: readonly Variable[] = [
  {
    name: 'wanted_label',
    expression:
      'variables.stated_has_label ? optional.of(variables.stated_label) : optional.none()',
  },
  {
    name: 'wanted_class',
    expression:
      'variables.stated_has_class ? optional.of(variables.stated_class) : optional.none()',
  },
  { name: 'record', expression: "''" },
];

/** Names of rules are label values, which JSON leaves as they are. */
const jsonListOf = (names: string): string =>
  `'[' + ${names}.map(n, '"' + n + '"').join(',') + ']'`;

/** `variables.record`: the decision annotation, empty for none. */
function recordVariables(policy: RuntimePolicy, hash: string): readonly Variable[] {
  const end = literal(`,"policy":"${hash}"}`);
  const exempt = `'{"source":"exempt","rules":' + ${jsonListOf('variables.exempting')} + ${end}`;
  const chosen = `'{"runtime":"' + ${runtimeName(policy, 'variables.chosen')} + '","source":"' + variables.source + '","rules":' + ${jsonListOf('variables.asking.map(r, r.name)')} + ${end}`;
  return [
    {
      name: 'record',
      expression: `variables.source == 'exempt' ? ${exempt} : variables.chosen < 0 ? '' : ${chosen}`,
    },
  ];
}

function patchOf({ labelKey }: RuntimePolicy): string {
  const annotation = literal(DECISION_ANNOTATION);
  return [
    entryOf('labels', labelKey, 'variables.wanted_label', 'variables.stated_has_label'),
    entryOf(
      'annotations',
      DECISION_ANNOTATION,
      "(variables.record == '' ? optional.none() : optional.of(variables.record))",
      `${annotation} in variables.annotations`,
    ),
    // A class is never exchanged, so it is missing where one is wanted that the pod does not have.
    "(variables.stated_has_class || !variables.wanted_class.hasValue() ? [] : [JSONPatch{op: 'add', path: '/spec/runtimeClassName', value: variables.wanted_class.value()}])",
  ].join(' +\n');
}

/** Sets the entry to an optional value, or takes it away. `add` replaces what is there. */
function entryOf(
  map: 'labels' | 'annotations',
  key: string,
  value: string,
  isPresent: string,
): string {
  const path = literal(pointer('metadata', map, key));
  const removal = `${isPresent} ? [JSONPatch{op: 'remove', path: ${path}}] : []`;
  return `(${value}.hasValue() ? [${addToMap(map, key, `${value}.value()`)}] : ${removal})`;
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
