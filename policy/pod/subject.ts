/** A container or a pod as atoms see it: values by field, whatever kind of thing has them. */
import type { ContainerFacts, PodFacts } from './facts';
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
}

export const CAPABILITIES_FIELD = 'securityContext.capabilities.add';

export interface Subjects {
  readonly pod: Subject;
  readonly containers: readonly Subject[];
}

export function subjectsOf(facts: PodFacts): Subjects {
  return { pod: podSubject(facts), containers: facts.containers.map(containerSubject) };
}

function containerSubject(container: ContainerFacts): Subject {
  const { reference } = container;
  return {
    texts: present<string>([
      ['name', container.name],
      ['image', container.image],
      ['image.registry', reference?.registry],
      ['image.repository', reference?.repository],
      ['image.tag', reference?.tag],
      ['image.digest', reference?.digest],
    ]),
    quantities: quantities(container.requests, container.limits),
    flags: present<boolean>([
      ['securityContext.privileged', container.privileged],
      ['securityContext.runAsRoot', container.runAsRoot],
      ['securityContext.allowPrivilegeEscalation', container.allowPrivilegeEscalation],
      ['securityContext.readOnlyRootFilesystem', container.readOnlyRootFilesystem],
    ]),
    sets: new Map([[CAPABILITIES_FIELD, container.addedCapabilities]]),
  };
}

function podSubject(facts: PodFacts): Subject {
  const texts = present<string>([
    ['namespace', facts.namespace],
    ['serviceAccountName', facts.serviceAccountName],
  ]);
  for (const [key, value] of facts.labels) texts.set(`labels.${key}`, value);
  for (const [key, value] of facts.annotations) texts.set(`annotations.${key}`, value);
  return {
    texts,
    quantities: quantities(facts.requests, facts.limits),
    flags: new Map([
      ['hostNetwork', facts.hostNetwork],
      ['hostPID', facts.hostPID],
      ['hostIPC', facts.hostIPC],
    ]),
    sets: new Map([['volumes', facts.volumes]]),
  };
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
