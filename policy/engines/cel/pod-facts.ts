/** What rules and guardrails ask of the pod as a whole. Defaults are those of `policy/pod/facts.ts`. */
import { imageMembers } from './image-reference';
import type { Variable } from './variable';

export interface Access {
  readonly value: string;
  /** Holds where the value exists; undefined where it always does. */
  readonly exists?: string;
}

const specMember = (name: string): Access => ({
  value: `object.spec.${name}`,
  exists: `has(object.spec.${name})`,
});

const specFlag = (name: string, byDefault: boolean): Access => ({
  value: `object.spec.?${name}.orValue(${byDefault})`,
});

/** Texts and flags by field. */
export const POD_FIELDS: Readonly<Record<string, Access>> = {
  namespace: { value: 'request.namespace' },
  serviceAccountName: specMember('serviceAccountName'),
  priorityClassName: specMember('priorityClassName'),
  os: { value: 'object.spec.os.name', exists: 'has(object.spec.os)' },
  hostNetwork: specFlag('hostNetwork', false),
  hostPID: specFlag('hostPID', false),
  hostIPC: specFlag('hostIPC', false),
  hostUsers: specFlag('hostUsers', true),
};

/** Maps by the first part of a field. */
export const POD_MAPS: Readonly<Record<string, string>> = {
  labels: 'variables.labels',
  annotations: 'variables.annotations',
  nodeSelector: 'variables.node_selector',
  requests: 'variables.requests',
  limits: 'variables.limits',
};

/** Lists by field. */
export const POD_LISTS: Readonly<Record<string, string>> = {
  hostPaths: 'variables.host_paths.map(h, h.path)',
  imageVolumes: 'variables.image_volumes',
  resourceClaims: 'variables.resource_claims',
};

/** Fields of the elements of the lists. */
export const ELEMENT_FIELDS: Readonly<Record<string, string>> = {
  claim: 'resourceClaimName',
  template: 'resourceClaimTemplateName',
  ...Object.fromEntries(Object.entries(imageMembers('')).map(([field, [name]]) => [field, name])),
};

const IMAGE_TEXTS =
  '(variables.all.map(c, has(c.image), c.image) + variables.volumes.map(v, v.?image.?reference.hasValue(), v.image.reference))';

/** The list of texts that `variables.images` parses. */
export const ALL_IMAGES = IMAGE_TEXTS;

export const POD_VARIABLES: readonly Variable[] = [
  { name: 'labels', expression: 'object.metadata.?labels.orValue({})' },
  { name: 'annotations', expression: 'object.metadata.?annotations.orValue({})' },
  { name: 'node_selector', expression: 'object.spec.?nodeSelector.orValue({})' },
  { name: 'volumes', expression: 'object.spec.?volumes.orValue([])' },
  { name: 'resource_claims', expression: 'object.spec.?resourceClaims.orValue([])' },
  {
    name: 'writable_mounts',
    expression:
      'variables.all.map(c, c.?volumeMounts.orValue([]).filter(m, !m.?readOnly.orValue(false)).map(m, m.name)).flatten()',
  },
  {
    name: 'host_paths',
    expression:
      "variables.volumes.filter(v, has(v.hostPath)).map(v, {'path': dyn('/' + v.hostPath.path.split('/').filter(p, p != '' && p != '.').join('/')), 'isReadOnly': dyn(!(v.name in variables.writable_mounts))})",
  },
];

/** `variables.image_volumes`: behind `variables.images`, where a field of a reference is asked for. */
export function imageVolumesVariable(fields: ReadonlySet<string>): Variable {
  const members = Object.entries(imageMembers('v.?image.?reference'))
    .filter(([field]) => field === 'image' || fields.has(field))
    .map(([, [name, value]]) => `?'${name}': ${value}`);
  return {
    name: 'image_volumes',
    expression: `variables.volumes.filter(v, v.?image.?reference.hasValue()).map(v, {${members.join(', ')}})`,
  };
}
