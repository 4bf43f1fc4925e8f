/**
 * What the API server's RuntimeClass plugin copies into a pod, exchanged where the pod's class is exchanged.
 *
 * The plugin runs before webhooks, and once more where a webhook changed the pod; then webhooks run a second time, and nothing runs the
 * plugin after that (apiserver v0.36.3, pkg/admission/reinvocation.go; Kubernetes v1.36.3, pkg/kubeapiserver/options/plugins.go,
 * AllOrderedPlugins). Its validation afterwards refuses a pod whose overhead is not that of its class. So whoever exchanges the class in
 * a second call has to write what the plugin would have.
 */
import type { RuntimeClass } from '../model/runtime-class';
import { elementsOf, entriesOf, memberOf } from '../../base/untrusted';
import { quantitiesOf } from '../pod/resources';
import { isSameToleration, mergeTolerations } from './tolerations';

/** A member of `spec` and its new value; undefined takes it away. */
export interface SpecChange {
  readonly member: 'overhead' | 'nodeSelector' | 'tolerations';
  readonly value: unknown;
}

/** Copies nothing: stands for no class. */
export const NO_CLASS: RuntimeClass = { name: '', overhead: {}, nodeSelector: {}, tolerations: [] };

/**
 * Takes off what `from` brought and sets what `to` brings, as the plugin does (Kubernetes v1.36.3,
 * plugin/pkg/admission/runtimeclass/admission.go). Only what equals an entry of `from` is taken off; the pod's own equal entry cannot be
 * told from it. A toleration of the pod's own that the plugin dropped because one of `from` covers it does not come back.
 *
 * @param spec of an unvalidated pod
 * @returns the members that change; undefined where the plugin would refuse the pod: its overhead is of neither class, or it selects
 *   other nodes than `to`
 */
export function exchangeClass(
  spec: unknown,
  from: RuntimeClass,
  to: RuntimeClass,
): readonly SpecChange[] | undefined {
  const overhead = exchangeOverhead(memberOf(spec, 'overhead'), from, to);
  const nodeSelector = exchangeNodeSelector(memberOf(spec, 'nodeSelector'), from, to);
  if (overhead === undefined || nodeSelector === undefined) return undefined;
  return [
    ...overhead,
    ...nodeSelector,
    ...exchangeTolerations(memberOf(spec, 'tolerations'), from, to),
  ];
}

function exchangeOverhead(
  present: unknown,
  from: RuntimeClass,
  to: RuntimeClass,
): readonly SpecChange[] | undefined {
  if (isSameOverhead(present, to.overhead)) return [];
  const isOurs = isSameOverhead(present, {}) || isSameOverhead(present, from.overhead);
  return isOurs ? [change('overhead', to.overhead)] : undefined;
}

function exchangeNodeSelector(
  present: unknown,
  { nodeSelector: old }: RuntimeClass,
  { nodeSelector: wanted }: RuntimeClass,
): readonly SpecChange[] | undefined {
  const all = entriesOf(present);
  const own = all.filter(([key, value]) => !isBrought(old, key, value));
  const conflicts = own.some(([key, value]) => Object.hasOwn(wanted, key) && wanted[key] !== value);
  if (conflicts) return undefined;
  const next = Object.fromEntries([...own, ...Object.entries(wanted)]);
  const isSame =
    Object.keys(next).length === all.length && all.every(([key, value]) => next[key] === value);
  return isSame ? [] : [change('nodeSelector', next)];
}

/** Whether an entry of a pod's node selector is one of the class's. */
export function isBrought(
  nodeSelector: RuntimeClass['nodeSelector'],
  key: string,
  value: unknown,
): boolean {
  return Object.hasOwn(nodeSelector, key) && nodeSelector[key] === value;
}

function exchangeTolerations(
  present: unknown,
  { tolerations: old }: RuntimeClass,
  { tolerations: wanted }: RuntimeClass,
): readonly SpecChange[] {
  const all = elementsOf(present);
  const own = all.filter((one) => !old.some((brought) => isSameToleration(brought, one)));
  const merged = mergeTolerations(own, wanted);
  const isSame =
    merged.length === all.length && merged.every((one, i) => isSameToleration(one, all[i]));
  return isSame ? [] : [change('tolerations', merged)];
}

function isSameOverhead(present: unknown, overhead: RuntimeClass['overhead']): boolean {
  const [found, wanted] = [quantitiesOf(present), quantitiesOf(overhead)];
  return (
    entriesOf(present).length === wanted.size &&
    [...wanted].every(([name, quantity]) => found.get(name) === quantity)
  );
}

/** An empty object or list is left out of a pod. */
function change(member: SpecChange['member'], value: object): SpecChange {
  return { member, value: Object.keys(value).length === 0 ? undefined : value };
}
