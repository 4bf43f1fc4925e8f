/** The content of a host pod's volumes. */
import { NotThere, podField, type HostFacts } from './environment';
import type {
  ConfigMap,
  NamespaceObjects,
  Pod,
  ProjectedSource,
  SourceRef,
  TokenSource,
  Volume,
  VolumeProjection,
} from './objects';

/** Files of a volume by relative path; `undefined` for a folder that belongs to the process (emptyDir). */
export type VolumeContent = ReadonlyMap<string, Buffer> | undefined;

export interface VolumeSources {
  readonly objects: NamespaceObjects;
  readonly host: HostFacts;
  /** A valid ServiceAccount token. */
  readonly token: (source: TokenSource) => string;
}

/**
 * The current content of a volume of `pod`, as the kubelet projects it: ConfigMaps, Secrets, tokens, downward API.
 * @throws NotThere when an object or key that is not optional is missing, or host processes cannot have this kind of volume
 */
export function volumeContent(pod: Pod, volume: Volume, sources: VolumeSources): VolumeContent {
  if (volume.emptyDir !== undefined) return undefined;
  const { secret, projected } = volume;
  if (projected) {
    const parts = (projected.sources ?? []).map((source) => projection(pod, source, sources));
    return new Map(parts.flatMap((part) => [...part]));
  }
  if (secret) return secretFiles(secret.secretName, secret, sources.objects);
  const files = sharedProjection(pod, volume, sources);
  if (files) return files;
  throw new NotThere(`volume ${volume.name}: host processes cannot have a volume of this kind`);
}

/** Every projected token of the pod. */
export function tokenSources(pod: Pod): TokenSource[] {
  return (pod.spec.volumes ?? [])
    .flatMap(({ projected }) => projected?.sources ?? [])
    .flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []);
}

function projection(
  pod: Pod,
  source: VolumeProjection,
  sources: VolumeSources,
): Map<string, Buffer> {
  const { secret, serviceAccountToken } = source;
  if (secret) return secretFiles(secret.name, secret, sources.objects);
  if (serviceAccountToken) {
    return new Map([[serviceAccountToken.path, Buffer.from(sources.token(serviceAccountToken))]]);
  }
  const files = sharedProjection(pod, source, sources);
  if (files) return files;
  throw new NotThere('host processes cannot have a projected volume of this kind');
}

function sharedProjection(
  pod: Pod,
  { configMap, downwardAPI }: ProjectedSource,
  { objects, host }: VolumeSources,
): Map<string, Buffer> | undefined {
  if (configMap) {
    const found = objects.configMaps.get(configMap.name);
    return pick(`ConfigMap ${configMap.name}`, found && configMapFiles(found), configMap);
  }
  const items = downwardAPI?.items?.map(({ path, fieldRef }) => {
    const field = fieldRef?.fieldPath ?? 'of resourceFieldRef';
    return [path, Buffer.from(podField(pod, field, host))] as const;
  });
  return items && new Map(items);
}

function secretFiles(name: string, ref: SourceRef, objects: NamespaceObjects): Map<string, Buffer> {
  const found = objects.secrets.get(name);
  return pick(`Secret ${name}`, found && fromBase64(found.data), ref);
}

function configMapFiles({ data = {}, binaryData }: ConfigMap): Map<string, Buffer> {
  const plain = Object.entries(data).map(([key, text]) => [key, Buffer.from(text)] as const);
  return new Map([...plain, ...fromBase64(binaryData)]);
}

function fromBase64(data: Readonly<Record<string, string>> = {}): Map<string, Buffer> {
  return new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64')]));
}

/** All keys, or those of `items` under their paths. */
function pick(
  what: string,
  files: ReadonlyMap<string, Buffer> | undefined,
  { items, optional = false }: SourceRef,
): Map<string, Buffer> {
  if (files === undefined) {
    if (optional) return new Map();
    throw new NotThere(`${what} not found`);
  }
  if (items === undefined) return new Map(files);
  const picked = new Map<string, Buffer>();
  for (const { key, path } of items) {
    const content = files.get(key);
    if (content) picked.set(path, content);
    else if (!optional) throw new NotThere(`key ${key} of ${what} not found`);
  }
  return picked;
}
