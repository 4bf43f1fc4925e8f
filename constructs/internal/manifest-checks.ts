/** Rules that every deployment must keep, checked on the final objects so that no construct can bypass them. */
import type { Problem } from '../../base/errors';
import { NAMESPACES } from '../../base/names';
import { unpinned } from './image-reference';

/** The part of a Kubernetes object that the checks read. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly overhead?: { readonly podFixed?: object };
  readonly scheduling?: { readonly nodeSelector?: object };
  readonly webhooks?: readonly Webhook[];
  readonly spec?: WorkloadSpec & NetworkPolicySpec;
}

interface Webhook {
  readonly name: string;
  readonly failurePolicy?: string;
  readonly namespaceSelector?: object;
  readonly timeoutSeconds?: number;
}

interface NetworkPolicySpec {
  readonly podSelector?: object;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly object[];
  readonly egress?: readonly object[];
}

interface WorkloadSpec extends PodSpec {
  readonly template?: { readonly spec?: PodSpec };
  readonly jobTemplate?: { readonly spec?: WorkloadSpec };
}

interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly securityContext?: { readonly privileged?: boolean };
}

type Check = (object: Manifest, path: string) => Problem[];

/** Every rule that `objects` break. */
export function checkManifests(objects: readonly Manifest[]): Problem[] {
  return [
    ...duplicates(objects),
    ...openNamespaces(objects),
    ...objects.flatMap((object) => CHECKS.flatMap((check) => check(object, identity(object)))),
  ];
}

/** The identity of an object: the API server keeps one object per group, kind, namespace and name. */
function identity({ apiVersion, kind, metadata }: Manifest): string {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
  return [`${kind}${group}`, metadata.namespace, metadata.name].filter(Boolean).join('/');
}

function duplicates(objects: readonly Manifest[]): Problem[] {
  const paths = objects.map(identity);
  return [...new Set(paths.filter((path, i) => paths.indexOf(path) !== i))].map((path) => ({
    path,
    reason: 'exists more than once',
    fix: 'rename one of them: the later one would overwrite the earlier one',
  }));
}

/** A namespace of the platform without a NetworkPolicy that denies both directions for every pod in it. */
function openNamespaces(objects: readonly Manifest[]): Problem[] {
  const own = new Set<string>(Object.values(NAMESPACES));
  const closed = new Set(objects.filter(closesNamespace).map(({ metadata }) => metadata.namespace));
  return objects
    .filter(({ kind, metadata: { name } }) => kind === 'Namespace' && own.has(name))
    .filter(({ metadata: { name } }) => !closed.has(name))
    .map((namespace) => ({
      path: identity(namespace),
      reason:
        'has no NetworkPolicy that denies by default, so its pods can send and receive any traffic',
      fix: 'add one with an empty podSelector, both policyTypes and no rules',
    }));
}

function closesNamespace({ kind, spec }: Manifest): boolean {
  return (
    kind === 'NetworkPolicy' &&
    Object.keys(spec?.podSelector ?? { any: '' }).length === 0 &&
    ['Ingress', 'Egress'].every((type) => spec?.policyTypes?.includes(type)) &&
    (spec?.ingress ?? []).length === 0 &&
    (spec?.egress ?? []).length === 0
  );
}

/** kubernetes pkg/apis/core/validation, ValidateConfigMap: all values together at most MaxSecretSize. */
const CONFIG_MAP_MAX_BYTES = 1024 * 1024;

const CHECKS: readonly Check[] = [
  function configMapFits(object, path) {
    if (object.kind !== 'ConfigMap') return [];
    const values = Object.values(object.data ?? {});
    const bytes = values.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
    if (bytes <= CONFIG_MAP_MAX_BYTES) return [];
    return [
      {
        path,
        reason: `holds ${bytes} bytes, more than the ${CONFIG_MAP_MAX_BYTES} that a ConfigMap may hold`,
        fix: 'make the policy smaller, or ship the code as an image (webhook.image)',
      },
    ];
  },

  function failingWebhookIsScoped(object, path) {
    return failingWebhooks(object)
      .filter(({ namespaceSelector = {} }) => Object.keys(namespaceSelector).length === 0)
      .map(({ name }) => ({
        path: `${path}.webhooks[${name}]`,
        reason: 'fails closed for every namespace, so the cluster cannot recover while it is down',
        fix: 'add a namespaceSelector that excludes the namespaces the cluster needs',
      }));
  },

  function failingWebhookIsBounded(object, path) {
    return failingWebhooks(object)
      .filter(({ timeoutSeconds }) => timeoutSeconds === undefined)
      .map(({ name }) => ({
        path: `${path}.webhooks[${name}].timeoutSeconds`,
        reason: 'is missing, so each request it matches waits ten seconds while it hangs',
        fix: 'set it to the maximum number of seconds its server needs',
      }));
  },

  function privilegeStaysOnNodes(object, path) {
    if (NODE_NAMESPACES.has(object.metadata.namespace)) return [];
    return containers(object.spec)
      .filter(({ securityContext }) => securityContext?.privileged === true)
      .map(({ name }) => ({
        path: `${path}.containers[${name}].securityContext.privileged`,
        reason: 'makes it root on its node, outside the namespaces of the node installers',
        fix: `remove it, or move the workload to ${[...NODE_NAMESPACES].join(' or ')}`,
      }));
  },

  function runtimeClassIsComplete(object, path) {
    if (object.kind !== 'RuntimeClass') return [];
    const parts = {
      'overhead.podFixed': object.overhead?.podFixed,
      'scheduling.nodeSelector': object.scheduling?.nodeSelector,
    };
    return Object.entries(parts)
      .filter(([, value]) => value === undefined || Object.keys(value).length === 0)
      .map(([member]) => ({
        path: `${path}.${member}`,
        reason: 'is missing',
        fix: 'set it, so that pods are scheduled only to nodes that can run and hold them',
      }));
  },

  function imagesArePinned(object, path) {
    return containers(object.spec).flatMap(({ name, image = '' }) => {
      const reason = unpinned(image);
      if (reason === undefined) return [];
      return [
        {
          path: `${path}.containers[${name}].image`,
          reason: `"${image}" ${reason}`,
          fix: 'name a digest or an exact version',
        },
      ];
    });
  },
];

/** Namespaces whose pods may be privileged: they install runtimes on the nodes. */
const NODE_NAMESPACES: ReadonlySet<string | undefined> = new Set([
  NAMESPACES.kata,
  NAMESPACES.gvisor,
]);

function failingWebhooks(object: Manifest): Webhook[] {
  return (object.webhooks ?? []).filter(({ failurePolicy = 'Fail' }) => failurePolicy === 'Fail');
}

function containers(spec: WorkloadSpec | undefined): Container[] {
  if (spec === undefined) return [];
  return [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []),
    ...containers(spec.template?.spec),
    ...containers(spec.jobTemplate?.spec),
  ];
}
