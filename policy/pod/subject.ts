/** A container or a pod as atoms see it: values by field, whatever kind of thing has them. */
import type { ContainerFacts, ImageFacts, PodFacts } from './facts';
import type { Resources } from './resources';

export interface Subject {
  /** `image`, `image.repository`, `labels.team`, … */
  readonly texts: ReadonlyMap<string, string>;
  /** `requests.cpu`, `limits.nvidia.com/gpu`, … in nano-units. */
  readonly quantities: ReadonlyMap<string, bigint>;
  /** `securityContext.privileged`, `hostNetwork`, … */
  readonly flags: ReadonlyMap<string, boolean>;
  /** `securityContext.capabilities.add`, `volumes`. */
  readonly sets: ReadonlyMap<string, ReadonlySet<string>>;
  /** `env`, `imageVolumes`, `resourceClaims`, …: of each element its fields; a string has the one field `ofElement`. */
  readonly lists: ReadonlyMap<string, readonly Element[]>;
}

export type Element = string | ReadonlyMap<string, string>;

export const FIELDS = {
  addedCapabilities: 'securityContext.capabilities.add',
  droppedCapabilities: 'securityContext.capabilities.drop',
  ofElement: '',
} as const satisfies Readonly<Record<string, string>>;

export interface Subjects {
  readonly pod: Subject;
  readonly containers: readonly Subject[];
}

export function subjectsOf(facts: PodFacts): Subjects {
  return { pod: podSubject(facts), containers: facts.containers.map(containerSubject) };
}

function containerSubject(container: ContainerFacts): Subject {
  return {
    texts: present<string>([
      ['name', container.name],
      ...imageTexts(container),
      ['securityContext.seccompProfile', container.seccompProfile],
      ['securityContext.appArmorProfile', container.appArmorProfile],
      ['securityContext.procMount', container.procMount],
    ]),
    quantities: quantities(container.requests, container.limits),
    flags: present<boolean>([
      ['securityContext.privileged', container.privileged],
      ['securityContext.runAsRoot', container.runAsRoot],
      ['securityContext.allowPrivilegeEscalation', container.allowPrivilegeEscalation],
      ['securityContext.readOnlyRootFilesystem', container.readOnlyRootFilesystem],
      ['hostPorts', container.hostPorts],
    ]),
    sets: new Map([
      [FIELDS.addedCapabilities, container.addedCapabilities],
      [FIELDS.droppedCapabilities, container.droppedCapabilities],
    ]),
    lists: new Map([['env', container.env]]),
  };
}

function podSubject(facts: PodFacts): Subject {
  const texts = present<string>([
    ['namespace', facts.namespace],
    ['serviceAccountName', facts.serviceAccountName],
    ['os', facts.os],
    ['priorityClassName', facts.priorityClassName],
  ]);
  for (const list of ['labels', 'annotations', 'nodeSelector'] as const) {
    for (const [key, value] of facts[list]) texts.set(`${list}.${key}`, value);
  }
  const claims = facts.resourceClaims.map(({ claim, template }) =>
    present<string>([
      ['claim', claim],
      ['template', template],
    ]),
  );
  return {
    texts,
    quantities: quantities(facts.requests, facts.limits),
    flags: new Map([
      ['hostNetwork', facts.hostNetwork],
      ['hostPID', facts.hostPID],
      ['hostIPC', facts.hostIPC],
      ['hostUsers', facts.hostUsers],
    ]),
    sets: new Map([['volumes', facts.volumes]]),
    lists: new Map<string, readonly Element[]>([
      ['hostPaths', facts.hostPaths.map(({ path }) => path)],
      ['imageVolumes', facts.imageVolumes.map((image) => present(imageTexts(image)))],
      ['resourceClaims', claims],
    ]),
  };
}

function imageTexts({ image, reference }: ImageFacts): [string, string | undefined][] {
  return [
    ['image', image],
    ['image.registry', reference?.registry],
    ['image.repository', reference?.repository],
    ['image.tag', reference?.tag],
    ['image.digest', reference?.digest],
  ];
}

function present<T>(fields: readonly (readonly [string, T | undefined])[]): Map<string, T> {
  const values = new Map<string, T>();
  for (const [field, value] of fields) {
    if (value !== undefined) values.set(field, value);
  }
  return values;
}

function quantities(requests: Resources, limits: Resources): ReadonlyMap<string, bigint> {
  const values = new Map<string, bigint>();
  for (const [name, quantity] of requests) values.set(`requests.${name}`, quantity);
  for (const [name, quantity] of limits) values.set(`limits.${name}`, quantity);
  return values;
}
