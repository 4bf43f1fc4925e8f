/** What the newer questions answer at their edges: a condition, a pod, and whether it holds. */
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import type { PodLike } from '../../../policy/pod/pod';

export type When = NonNullable<RuntimePolicyInput['rules']>[number]['when'];
type Spec = NonNullable<PodLike['spec']>;
type Container = NonNullable<Spec['containers']>[number];
type Security = NonNullable<NonNullable<When['container']>['securityContext']>;

export interface Question {
  readonly title: string;
  readonly when: When;
  readonly pod: PodLike;
  readonly holds: boolean;
}

const podOf = (...containers: Container[]): PodLike => ({ spec: { containers } });
const specOf = (spec: Spec): PodLike => ({ spec: { containers: [{ name: 'a' }], ...spec } });
const secured = (securityContext: Security): When => ({ container: { securityContext } });

/** Rows of `title`, `when`, `pod`, `holds`. */
const rows = (...table: [string, When, PodLike, boolean][]): Question[] =>
  table.map(([title, when, pod, holds]) => ({ title, when, pod, holds }));

const OURS: Container = { name: 'ours', image: 'ghcr.io/us/a:1' };
const FOREIGN: Container = { name: 'foreign', image: 'docker.io/them/b:1' };
const IS_OURS = { image: { registry: 'ghcr.io' } };
const DIGEST = `sha256:${'0'.repeat(64)}`;

const containers = rows(
  ['some container is not ours', { container: { not: IS_OURS } }, podOf(OURS, FOREIGN), true],
  ['some container is not ours, all are', { container: { not: IS_OURS } }, podOf(OURS), false],
  ['no container is ours', { not: { container: IS_OURS } }, podOf(OURS, FOREIGN), false],
  ['every container is ours', { everyContainer: IS_OURS }, podOf(OURS, OURS), true],
  ['every container is ours but one', { everyContainer: IS_OURS }, podOf(OURS, FOREIGN), false],
  ['every container of none', { everyContainer: IS_OURS }, specOf({ containers: [] }), false],
  [
    'every container, init ones too',
    { everyContainer: IS_OURS },
    { spec: { containers: [OURS], initContainers: [FOREIGN] } },
    false,
  ],
  [
    'an ephemeral container',
    { container: { name: 'shell' } },
    specOf({ ephemeralContainers: [{ name: 'shell' }] }),
    true,
  ],
  [
    'every container, ephemeral ones too',
    { everyContainer: IS_OURS },
    { spec: { containers: [OURS], ephemeralContainers: [FOREIGN] } },
    false,
  ],
  [
    'any of two, in one container with the member beside it',
    { container: { name: 'ours', any: [{ image: { tag: '2' } }, { image: { tag: '1' } }] } },
    podOf(OURS),
    true,
  ],
  [
    'all of two that only two containers together satisfy',
    { container: { all: [{ name: 'ours' }, { image: { registry: 'docker.io' } }] } },
    podOf(OURS, FOREIGN),
    false,
  ],
  ['not inside not', { container: { not: { not: { name: 'ours' } } } }, podOf(OURS, FOREIGN), true],
  [
    'not every container',
    { not: { everyContainer: { not: IS_OURS } } },
    podOf(FOREIGN, OURS),
    true,
  ],
  ['a missing image is not ours', { container: { not: IS_OURS } }, podOf({ name: 'x' }), true],
);

const GPU = { resources: { limits: { 'nvidia.com/mig-1g.5gb': '1', cpu: '8' } } };

const keys = rows(
  [
    'a resource by glob',
    { container: { limits: { 'nvidia.com/*': { gte: '1' } } } },
    podOf(GPU),
    true,
  ],
  [
    'a resource by glob, too few',
    { container: { limits: { 'nvidia.com/*': { gt: '1' } } } },
    podOf(GPU),
    false,
  ],
  [
    'bounds that two matching resources only share',
    { pod: { limits: { '*': { gt: '2', lt: '4' } } } },
    podOf(GPU),
    false,
  ],
  [
    'bounds that one matching resource keeps',
    { pod: { limits: { '*': { gt: '2', lt: '9' } } } },
    podOf(GPU),
    true,
  ],
  [
    'a resource by glob that exists',
    { pod: { requests: { 'nvidia.com/*': { exists: true } } } },
    podOf(GPU),
    true,
  ],
  [
    'a resource by glob that does not exist',
    { pod: { requests: { 'amd.com/*': { exists: false } } } },
    podOf(GPU),
    true,
  ],
  [
    'a resource by glob that does not exist and does',
    { pod: { requests: { 'nvidia.com/*': { exists: false } } } },
    podOf(GPU),
    false,
  ],
  [
    'a label by glob',
    { pod: { labels: { 'kubeflow.org/*': 'note*' } } },
    { ...podOf(OURS), metadata: { labels: { a: 'notebook', 'kubeflow.org/kind': 'notebook' } } },
    true,
  ],
  [
    'a label by glob, another value',
    { pod: { labels: { 'kubeflow.org/*': 'note*' } } },
    { ...podOf(OURS), metadata: { labels: { a: 'notebook', 'kubeflow.org/kind': 'job' } } },
    false,
  ],
  [
    'an annotation by glob that does not exist',
    { pod: { annotations: { 'x/*': { exists: false } } } },
    { ...podOf(OURS), metadata: { annotations: { 'y/x': '' } } },
    true,
  ],
  [
    'a node selector by glob',
    { pod: { nodeSelector: { 'gpu.*': 'h100' } } },
    specOf({ nodeSelector: { 'gpu.model': 'h100' } }),
    true,
  ],
);

const security = rows(
  [
    'the seccomp profile of the container before that of the pod',
    secured({ seccompProfile: 'Unconfined' }),
    {
      spec: {
        securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
        containers: [{ securityContext: { seccompProfile: { type: 'Unconfined' } } }],
      },
    },
    true,
  ],
  [
    'the seccomp profile of the pod',
    secured({ seccompProfile: 'Runtime*' }),
    specOf({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }),
    true,
  ],
  ['no seccomp profile', secured({ seccompProfile: { exists: false } }), podOf(OURS), true],
  ['no seccomp profile is none', secured({ seccompProfile: '*' }), podOf(OURS), false],
  [
    'the AppArmor profile of the pod',
    secured({ appArmorProfile: 'Unconfined' }),
    specOf({ securityContext: { appArmorProfile: { type: 'Unconfined' } } }),
    true,
  ],
  [
    'the AppArmor profile by the older annotation, before that of the pod',
    secured({ appArmorProfile: 'Unconfined' }),
    {
      metadata: {
        annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined' },
      },
      spec: {
        securityContext: { appArmorProfile: { type: 'RuntimeDefault' } },
        containers: [{ name: 'a' }],
      },
    },
    true,
  ],
  [
    'the AppArmor profile of the container before the annotation',
    secured({ appArmorProfile: 'Localhost' }),
    {
      metadata: {
        annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'runtime/default' },
      },
      spec: {
        containers: [{ name: 'a', securityContext: { appArmorProfile: { type: 'Localhost' } } }],
      },
    },
    true,
  ],
  [
    'an AppArmor annotation of another container',
    secured({ appArmorProfile: { exists: true } }),
    {
      metadata: {
        annotations: { 'container.apparmor.security.beta.kubernetes.io/b': 'unconfined' },
      },
      spec: { containers: [{ name: 'a' }] },
    },
    false,
  ],
  [
    'a dropped capability',
    secured({ dropsCapability: 'net_raw' }),
    podOf({ securityContext: { capabilities: { drop: ['CAP_NET_RAW'] } } }),
    true,
  ],
  [
    'a dropped capability, by ALL',
    secured({ dropsCapability: 'NET_RAW' }),
    podOf({ securityContext: { capabilities: { drop: ['all'] } } }),
    true,
  ],
  [
    'a dropped capability that is added',
    secured({ dropsCapability: 'NET_RAW' }),
    podOf({ securityContext: { capabilities: { add: ['NET_RAW'] } } }),
    false,
  ],
  ['the proc mount by default', secured({ procMount: 'Default' }), podOf(OURS), true],
  [
    'an unmasked proc mount',
    secured({ procMount: 'Unmasked' }),
    podOf({ securityContext: { procMount: 'Unmasked' } }),
    true,
  ],
);

const ports = (ports: Container['ports'] & object) => podOf({ ports });

const surroundings = rows(
  ['a port of the node', { container: { hostPorts: true } }, ports([{ hostPort: 80 }]), true],
  ['port 0 of the node', { container: { hostPorts: true } }, ports([{ hostPort: 0 }]), false],
  [
    'a port of the container',
    { container: { hostPorts: true } },
    ports([{ containerPort: 80 }]),
    false,
  ],
  [
    'a port of the container in the network of the node',
    { container: { hostPorts: true } },
    { spec: { hostNetwork: true, containers: [{ ports: [{ containerPort: 80 }] }] } },
    true,
  ],
  ['no port of the node', { container: { hostPorts: false } }, podOf(OURS), true],
  [
    'an environment variable',
    { container: { env: 'AWS_*' } },
    podOf({ env: [{ name: 'AWS_KEY' }] }),
    true,
  ],
  [
    'the value of an environment variable',
    { container: { env: 'secret' } },
    podOf({ env: [{ name: 'KEY', value: 'secret' }] }),
    false,
  ],
  ['no environment variable', { container: { env: { exists: false } } }, podOf(OURS), true],
  ['the operating system', { pod: { os: 'windows' } }, specOf({ os: { name: 'windows' } }), true],
  ['no operating system', { pod: { os: { exists: false } } }, podOf(OURS), true],
  [
    'a priority class',
    { pod: { priorityClassName: 'system-*' } },
    specOf({ priorityClassName: 'system-node-critical' }),
    true,
  ],
  ['no priority class', { pod: { priorityClassName: { exists: true } } }, podOf(OURS), false],
  ['the users of the node by default', { pod: { hostUsers: true } }, podOf(OURS), true],
  ['its own users', { pod: { hostUsers: false } }, specOf({ hostUsers: false }), true],
);

const hostPath = (path: string) => specOf({ volumes: [{ name: 'v', hostPath: { path } }] });
const imageVolume = (reference: string) =>
  specOf({ volumes: [{ name: 'v', image: { reference } }] });
const claims = (...resourceClaims: NonNullable<Spec['resourceClaims']>) =>
  specOf({ resourceClaims });

const volumes = rows(
  ['a path of the node', { pod: { hostPaths: '/var/run/*' } }, hostPath('/var/run/a.sock'), true],
  [
    'a path of the node, spelled otherwise',
    { pod: { hostPaths: '/etc' } },
    hostPath('//etc/./'),
    true,
  ],
  ['the root of the node', { pod: { hostPaths: '/' } }, hostPath('/'), true],
  ['a path below another', { pod: { hostPaths: '/etc' } }, hostPath('/etc/passwd'), false],
  ['no path of the node', { pod: { hostPaths: { exists: false } } }, podOf(OURS), true],
  [
    'an image volume',
    { pod: { imageVolumes: { registry: 'docker.io', contains: 'model' } } },
    imageVolume('them/model:1'),
    true,
  ],
  [
    'an image volume, parts of two',
    { pod: { imageVolumes: { repository: 'a/a', tag: '2' } } },
    specOf({
      volumes: [
        { name: 'v', image: { reference: 'a/a:1' } },
        { name: 'w', image: { reference: 'a/b:2' } },
      ],
    }),
    false,
  ],
  [
    'an image volume by digest',
    { pod: { imageVolumes: { digest: DIGEST } } },
    imageVolume(`a/a@${DIGEST}`),
    true,
  ],
  [
    'an image of a container is no image volume',
    { pod: { imageVolumes: { contains: 'us' } } },
    podOf(OURS),
    false,
  ],
  ['a claim', { pod: { resourceClaims: { exists: true } } }, claims({ name: 'gpu' }), true],
  ['no claim', { pod: { resourceClaims: { exists: false } } }, podOf(OURS), true],
  [
    'a claim of a template',
    { pod: { resourceClaims: { template: 'gpu-*' } } },
    claims({ name: 'a', resourceClaimTemplateName: 'gpu-large' }),
    true,
  ],
  [
    'a claim by name',
    { pod: { resourceClaims: { claim: 'shared' } } },
    claims({ name: 'shared' }, { name: 'b', resourceClaimName: 'shared' }),
    true,
  ],
  [
    'a claim and a template of two claims',
    { pod: { resourceClaims: { claim: 'a', template: 'b' } } },
    claims({ resourceClaimName: 'a' }, { resourceClaimTemplateName: 'b' }),
    false,
  ],
);

export const QUESTIONS: readonly Question[] = [
  ...containers,
  ...keys,
  ...security,
  ...surroundings,
  ...volumes,
];
