/** The environment variables of a container, from ConfigMaps, Secrets and the downward API. */
import { expandVariables } from './invocation';
import type { Container, EnvVar, NamespaceObjects, Pod } from './objects';

/** Something a pod needs and that does not exist yet, in the kubelet's words. Checked again when an object of the namespace changes. */
export class NotThere extends Error {}

/** Facts of the host that pods read through the downward API. */
export interface HostFacts {
  readonly nodeName: string;
  readonly hostAddress: string;
}

/**
 * The variables of a container on top of `base`: values with `$(NAME)` of earlier ones expanded, fields of the pod, keys of
 * ConfigMaps and Secrets. @throws NotThere
 */
export function containerEnvironment(
  pod: Pod,
  container: Container,
  objects: NamespaceObjects,
  { base, host }: { readonly base: Readonly<Record<string, string>>; readonly host: HostFacts },
): Record<string, string> {
  const env: Record<string, string> = { ...base };
  for (const variable of container.env ?? []) {
    const value = valueOf(variable, { pod, objects, host, env });
    if (value !== undefined) env[variable.name] = value;
  }
  return env;
}

interface Context {
  readonly pod: Pod;
  readonly objects: NamespaceObjects;
  readonly host: HostFacts;
  readonly env: Readonly<Record<string, string>>;
}

function valueOf(variable: EnvVar, { pod, objects, host, env }: Context): string | undefined {
  const from = variable.valueFrom;
  if (from === undefined) return expandVariables(variable.value ?? '', env);
  if (from.fieldRef) return podField(pod, from.fieldRef.fieldPath, host);
  if (from.configMapKeyRef) {
    const { name, key, optional } = from.configMapKeyRef;
    return required(
      objects.configMaps.get(name)?.data?.[key],
      `key ${key} of ConfigMap ${name}`,
      optional,
    );
  }
  if (from.secretKeyRef) {
    const { name, key, optional } = from.secretKeyRef;
    const value = objects.secrets.get(name)?.data?.[key];
    const text = value === undefined ? undefined : Buffer.from(value, 'base64').toString();
    return required(text, `key ${key} of Secret ${name}`, optional);
  }
  throw new NotThere(
    `host processes cannot have the variable ${variable.name}: its source is not supported`,
  );
}

function required(value: string | undefined, what: string, optional = false): string | undefined {
  if (value !== undefined || optional) return value;
  throw new NotThere(`${what} not found`);
}

/** https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#available-fields */
export function podField(pod: Pod, path: string, host: HostFacts): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (keyed)
    return (keyed[1] === 'labels' ? metadata.labels : metadata.annotations)?.[keyed[2] ?? ''] ?? '';
  const fields: Record<string, string | undefined> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': host.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName,
    // A host process has no address of its own.
    'status.podIP': host.hostAddress,
    'status.podIPs': host.hostAddress,
    'status.hostIP': host.hostAddress,
    'status.hostIPs': host.hostAddress,
  };
  const value = fields[path];
  if (value === undefined) throw new NotThere(`host processes cannot have the field ${path}`);
  return value;
}
