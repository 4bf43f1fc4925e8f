/** Arbitraries of pods. */
import * as fc from 'fast-check';
import { MIRROR_ANNOTATION } from '../../../base/names';
import type { PodLike } from '../../../policy/pod/pod';
import {
  CLAIMS,
  from,
  HOST_PATHS,
  IMAGES,
  KEYS,
  NAMES,
  optional,
  PRIORITY_CLASSES,
  PROC_MOUNTS,
  PROFILES,
  QUANTITIES,
  RESOURCES,
  SANDBOX_ANNOTATIONS,
  SYSTEMS,
  VALUES,
  VARIABLES,
} from './vocabulary';

const resourceList = fc.dictionary(from(RESOURCES), from(QUANTITIES), { maxKeys: 3 });
const resources = optional({ requests: resourceList, limits: resourceList });
const profile = fc.record({ type: from(PROFILES) });
const capabilities = fc.array(from(['NET_ADMIN', 'CAP_NET_ADMIN', 'SYS_ADMIN', 'ALL']), {
  maxLength: 2,
});

export const containers = optional({
  name: from(NAMES),
  image: from(IMAGES),
  resources,
  restartPolicy: fc.constant('Always'),
  securityContext: optional({
    privileged: fc.boolean(),
    runAsUser: from([0, 1000]),
    runAsNonRoot: fc.boolean(),
    allowPrivilegeEscalation: fc.boolean(),
    readOnlyRootFilesystem: fc.boolean(),
    capabilities: optional({ add: capabilities, drop: capabilities }),
    seccompProfile: profile,
    appArmorProfile: profile,
    procMount: from(PROC_MOUNTS),
  }),
  ports: fc.array(optional({ containerPort: from([80, 8080]), hostPort: from([0, 80]) }), {
    maxLength: 2,
  }),
  env: fc.array(fc.record({ name: from(VARIABLES) }), { maxLength: 2 }),
});

const texts = fc.dictionary(from(KEYS), from(VALUES));

const appArmorKeys = NAMES.map((name) => `container.apparmor.security.beta.kubernetes.io/${name}`);
const annotations = fc.oneof(
  { weight: 6, arbitrary: texts },
  {
    weight: 2,
    arbitrary: fc.dictionary(from([...KEYS, ...SANDBOX_ANNOTATIONS]), from(VALUES), { maxKeys: 2 }),
  },
  {
    weight: 1,
    arbitrary: fc.dictionary(
      from(appArmorKeys),
      from(['unconfined', 'runtime/default', 'localhost/a']),
    ),
  },
);

const volumes = fc.array(
  fc.oneof(
    fc.constantFrom(
      { name: 'v', hostPath: {} },
      { name: 'v', emptyDir: {} },
      { name: 'v', hostPath: null },
    ),
    from(HOST_PATHS).map((path) => ({ name: 'v', hostPath: { path } })),
    from(IMAGES).map((reference) => ({ name: 'v', image: { reference } })),
  ),
  { maxLength: 2 },
);

const spec = optional({
  runtimeClassName: from(['gvisor-class', 'kata-fc', 'kata-qemu', 'runc', '']),
  serviceAccountName: from(['default', 'other']),
  priorityClassName: from(PRIORITY_CLASSES),
  os: fc.record({ name: from(SYSTEMS) }),
  nodeSelector: texts,
  hostNetwork: fc.boolean(),
  hostPID: fc.boolean(),
  hostIPC: fc.boolean(),
  hostUsers: fc.boolean(),
  securityContext: optional({
    runAsUser: from([0, 1000]),
    runAsNonRoot: fc.boolean(),
    seccompProfile: profile,
    appArmorProfile: profile,
  }),
  resources,
  volumes,
  resourceClaims: fc.array(
    optional({ resourceClaimName: from(CLAIMS), resourceClaimTemplateName: from(CLAIMS) }),
    { maxLength: 2 },
  ),
  containers: fc.array(containers, { minLength: 1, maxLength: 3 }),
  initContainers: fc.array(containers, { maxLength: 2 }),
  ephemeralContainers: fc.array(containers, { maxLength: 1 }),
});

const metadata = fc
  .tuple(
    optional({
      name: fc.constant('pod'),
      generateName: fc.constant('pod-'),
      labels: texts,
      annotations,
    }),
    fc.option(from(['gvisor', 'firecracker', 'kata', 'runc', '']), { nil: undefined }),
  )
  .map(([members, label]) =>
    label === undefined
      ? members
      : { ...members, labels: { ...members.labels, 'secure-ai.io/runtime': label } },
  );

/** Pods with every kind of label and class: none, known, unknown, empty. No mirrors of static pods. */
export const pods = fc.record({ metadata, spec }) as fc.Arbitrary<PodLike>;

/** The same as mirrors of static pods. */
export const mirrorPods = pods.map((pod): PodLike => {
  const annotated = { ...pod.metadata?.annotations, [MIRROR_ANNOTATION]: '0123456789abcdef' };
  return { ...pod, metadata: { ...pod.metadata, annotations: annotated } };
});
