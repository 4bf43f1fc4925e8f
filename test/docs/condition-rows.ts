/** What docs/policy.md says of each member of a condition: when it holds, and an example. Typed by the model, so that none is missing. */
import type { Condition } from '../../policy/model/runtime-policy';

interface Row {
  readonly holds: string;
  readonly example: Condition;
}

type Rows<Members, Unlisted = never> = Readonly<Record<Exclude<keyof Members, Unlisted>, Row>>;

type Pod = NonNullable<Condition['pod']>;
type Container = NonNullable<Condition['container']>;

/** What combines conditions. */
const COMBINING: Rows<Condition, 'pod'> = {
  all: {
    holds: 'every condition in the list holds',
    example: { all: [{ pod: { hostPID: true } }, { pod: { hostIPC: true } }] },
  },
  any: {
    holds: 'one of them holds',
    example: { any: [{ pod: { hostPID: true } }, { pod: { hostIPC: true } }] },
  },
  not: { holds: 'the condition does not hold', example: { not: { pod: { hostUsers: false } } } },
  container: {
    holds:
      'one container satisfies everything in it; `all`, `any` and `not` in it are about that same container',
    example: { container: { not: { image: { registry: 'registry.example.com' } } } },
  },
  everyContainer: {
    holds: 'the pod has containers, and each satisfies everything in it',
    example: { everyContainer: { securityContext: { dropsCapability: 'ALL' } } },
  },
};

/** The rows of `image`, `securityContext` and `imageVolumes` are below them. */
const CONTAINER: Rows<Container, 'all' | 'any' | 'not' | 'image' | 'securityContext'> = {
  name: { holds: 'its name; exact or glob', example: { container: { name: 'sandbox-*' } } },
  requests: {
    holds:
      'what it requests of a resource, or its limit where it states no request: `gt`, `gte`, `lt`, `lte` with a quantity, or `exists`; the name may be a glob',
    example: { container: { requests: { memory: { gte: '64Gi' } } } },
  },
  limits: {
    holds: 'the same of its limits',
    example: { container: { limits: { 'nvidia.com/*': { gt: '0' } } } },
  },
  hostPorts: {
    holds: 'whether one of its ports is a port of the node; under `hostNetwork` every port is',
    example: { container: { hostPorts: true } },
  },
  env: {
    holds: 'the name of one of its environment variables; exact, glob or `exists`',
    example: { container: { env: 'JUPYTER_*' } },
  },
};

const IMAGE: Rows<NonNullable<Container['image']>> = {
  contains: {
    holds: 'the reference, as the pod writes it, contains the string',
    example: { container: { image: { contains: 'pytorch' } } },
  },
  registry: {
    holds: 'its registry, `docker.io` if it names none; exact or glob, in any case',
    example: { container: { image: { registry: '*.example.com' } } },
  },
  repository: {
    holds: 'its path in the registry, with `library/` for official Docker images; exact or glob',
    example: { container: { image: { repository: 'agents/*' } } },
  },
  tag: {
    holds: 'its tag, `latest` if it has neither tag nor digest; exact or glob',
    example: { container: { image: { tag: 'latest' } } },
  },
  digest: {
    holds: 'its digest; exact or glob',
    example: { everyContainer: { image: { digest: '*' } } },
  },
};

const SECURITY: Rows<NonNullable<Container['securityContext']>> = {
  privileged: {
    holds: 'equal; missing is false',
    example: { container: { securityContext: { privileged: true } } },
  },
  runAsRoot: {
    holds:
      '`true`: its user is 0. `false`: another user, or `runAsNonRoot`. Neither holds where the image decides',
    example: { container: { securityContext: { runAsRoot: true } } },
  },
  addsCapability: {
    holds: 'it adds this capability or `ALL`; in any case, with or without `CAP_`',
    example: { container: { securityContext: { addsCapability: 'SYS_ADMIN' } } },
  },
  dropsCapability: {
    holds: 'it drops this capability or `ALL`',
    example: { everyContainer: { securityContext: { dropsCapability: 'NET_RAW' } } },
  },
  allowPrivilegeEscalation: {
    holds: 'equal; missing is true',
    example: { container: { securityContext: { allowPrivilegeEscalation: true } } },
  },
  readOnlyRootFilesystem: {
    holds: 'equal; missing is false',
    example: { everyContainer: { securityContext: { readOnlyRootFilesystem: true } } },
  },
  seccompProfile: {
    holds: "the type of its profile, or else of the pod's; exact, glob or `exists`",
    example: { container: { securityContext: { seccompProfile: 'Unconfined' } } },
  },
  appArmorProfile: {
    holds:
      "the type of its profile, or else of its annotation, or else of the pod's; exact, glob or `exists`",
    example: { container: { securityContext: { appArmorProfile: { exists: false } } } },
  },
  procMount: {
    holds: 'equal, or a glob; missing is `Default`',
    example: { container: { securityContext: { procMount: 'Unmasked' } } },
  },
};

const POD: Rows<Pod, 'resourceClaims'> = {
  namespace: { holds: 'exact or glob', example: { pod: { namespace: 'untrusted-*' } } },
  labels: {
    holds: 'exact, glob or `exists` for each key; the key may be a glob',
    example: { pod: { labels: { 'example.com/team': 'research' } } },
  },
  annotations: {
    holds: 'as `labels`',
    example: { pod: { annotations: { 'example.com/*': { exists: true } } } },
  },
  serviceAccountName: {
    holds: 'exact or glob',
    example: { pod: { serviceAccountName: 'log-agent' } },
  },
  priorityClassName: {
    holds: 'exact, glob or `exists`',
    example: { pod: { priorityClassName: 'batch-*' } },
  },
  os: { holds: '`spec.os.name`; exact, glob or `exists`', example: { pod: { os: 'windows' } } },
  nodeSelector: {
    holds: 'as `labels`, of `spec.nodeSelector`',
    example: { pod: { nodeSelector: { 'example.com/pool': 'gpu' } } },
  },
  hostNetwork: { holds: 'equal; missing is false', example: { pod: { hostNetwork: true } } },
  hostPID: { holds: 'equal; missing is false', example: { pod: { hostPID: true } } },
  hostIPC: { holds: 'equal; missing is false', example: { pod: { hostIPC: true } } },
  hostUsers: {
    holds: 'equal; missing is true: the pod has no user namespace of its own',
    example: { pod: { hostUsers: true } },
  },
  volumes: {
    holds: 'the pod has a volume of each of these kinds',
    example: { pod: { volumes: ['hostPath'] } },
  },
  hostPaths: {
    holds:
      'the path of one of its hostPath volumes, written with single slashes; exact, glob or `exists`',
    example: { pod: { hostPaths: '/var/run/*' } },
  },
  imageVolumes: {
    holds: 'one of its volumes of kind `image`, with the members of `container.image`',
    example: { pod: { imageVolumes: { registry: 'docker.io' } } },
  },
  requests: {
    holds:
      'of the whole pod: main and sidecar containers summed, init containers by maximum, `spec.resources` first, overhead excluded',
    example: { pod: { requests: { cpu: { gt: '4' } } } },
  },
  limits: {
    holds: 'the same of its limits',
    example: { pod: { limits: { 'amd.com/gpu': { exists: true } } } },
  },
};

const CLAIMS: Rows<NonNullable<Pod['resourceClaims']>> = {
  exists: {
    holds: 'whether the pod has any ResourceClaim',
    example: { pod: { resourceClaims: { exists: true } } },
  },
  claim: {
    holds: 'the name of the ResourceClaim of one of them; exact or glob',
    example: { pod: { resourceClaims: { claim: 'shared-gpu' } } },
  },
  template: {
    holds: 'the name of its ResourceClaimTemplate; exact or glob',
    example: { pod: { resourceClaims: { template: 'gpu-*' } } },
  },
};

/** By the path of the member, in the order of the document. */
export const CONDITION_ROWS: ReadonlyMap<string, Row> = new Map([
  ...under('', COMBINING),
  ...under('container.', CONTAINER),
  ...under('container.image.', IMAGE),
  ...under('container.securityContext.', SECURITY),
  ...under('pod.', POD),
  ...under('pod.resourceClaims.', CLAIMS),
]);

function under(prefix: string, rows: Readonly<Record<string, Row>>): [string, Row][] {
  return Object.entries(rows).map(([name, row]) => [prefix + name, row]);
}
