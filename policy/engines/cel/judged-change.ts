/** Whether an update is judged: `variables.is_judged`, as `policy/decision/judged-change.ts` decides it. */
import { DECISION_ANNOTATION, SANDBOX_ANNOTATION_PREFIXES } from '../../../base/names';
import type { RuntimePolicy } from '../../model/runtime-policy';
import { literal, or } from './text';
import type { Variable } from './variable';

export function judgedVariable({ labelKey }: RuntimePolicy): Variable {
  const label = (pod: string) => `${pod}.metadata.?labels[?${literal(labelKey)}]`;
  const annotations = (pod: string) =>
    `${pod}.metadata.?annotations.orValue({}).transformMap(k, v, ${isJudgedKey('k')}, v)`;
  const unchanged = [
    `${label('object')} == ${label('oldObject')}`,
    'object.spec.?runtimeClassName == oldObject.spec.?runtimeClassName',
    `${annotations('object')} == ${annotations('oldObject')}`,
    stateSameResources('object.spec', 'oldObject.spec'),
    SAME_CONTAINERS,
  ];
  return {
    name: 'is_judged',
    expression: `oldObject == null || !has(oldObject.metadata.deletionTimestamp) && !(\n  ${unchanged.join(' &&\n  ')}\n)`,
  };
}

function isJudgedKey(key: string): string {
  return or([
    `${key} == ${literal(DECISION_ANNOTATION)}`,
    ...SANDBOX_ANNOTATION_PREFIXES.map((prefix) => `${key}.startsWith(${literal(prefix)})`),
  ]);
}

/** By value: the API server writes one quantity in several ways. */
function stateSameResources(now: string, before: string): string {
  const stated = `[${now}, ${before}].map(x, x.?resources[?r].orValue({}))`;
  return `['requests', 'limits'].all(r, [${stated}].all(s, s[0].size() == s[1].size() && s[0].all(k, q, k in s[1] && quantity(q).compareTo(quantity(s[1][k])) == 0)))`;
}

/** Null reads as no containers. */
const CONTAINERS = '[object, oldObject].map(p, p.spec[?l].orValue(null) == null ? [] : p.spec[l])';
const SAME_CONTAINER = [
  'c.?image == pods[1][i].?image',
  'c.?restartPolicy == pods[1][i].?restartPolicy',
  stateSameResources('c', 'pods[1][i]'),
].join(' && ');
const SAME_CONTAINERS = `['containers', 'initContainers', 'ephemeralContainers'].all(l, [${CONTAINERS}].all(pods, pods[0].size() == pods[1].size() && pods[0].all(i, c, ${SAME_CONTAINER})))`;
