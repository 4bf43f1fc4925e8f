import { ApiObject } from 'cdk8s';
import { KataNodes } from '../../../constructs/nodes';
import type { KataNodesProps } from '../../../constructs/nodes/kata/schema';
import { planDeployment } from '../../../deploy/plan';
import { SandboxError } from '../../../base/errors';
import { VERSIONS } from '../../../base/versions';
import { chartWith, expectManifest, manifest, manifests } from '../expect-manifest';

const kata = (props?: KataNodesProps) =>
  chartWith((scope) => new KataNodes(scope, 'KataNodes', props));

interface PodSpec {
  readonly nodeSelector?: object;
  readonly affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: {
          matchExpressions: { key: string; operator: string; values: string[] }[];
        }[];
      };
    };
  };
  readonly tolerations: object[];
  readonly volumes: { name: string; hostPath?: { path: string; type?: string } }[];
  readonly automountServiceAccountToken: boolean;
  readonly containers: {
    image: string;
    env?: { name: string; value?: string }[];
    args?: string[];
    securityContext: object;
    volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
  }[];
}

function podOf(name: string, props?: KataNodesProps) {
  const spec = manifest(kata(props), 'DaemonSet', name).spec?.template?.spec as unknown as PodSpec;
  const [container] = spec.containers;
  if (container === undefined) throw new Error(`${name} has no container`);
  const { env = [], volumeMounts } = container;
  return {
    ...spec,
    container,
    variables: Object.fromEntries(env.map((variable) => [variable.name, variable.value])),
    /** Path on the host by path in the container. */
    mounts: Object.fromEntries(
      volumeMounts.map((mount) => [
        mount.mountPath,
        spec.volumes.find((volume) => volume.name === mount.name)?.hostPath?.path,
      ]),
    ),
    requirements: Object.fromEntries(
      spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.flatMap(
        (term) => term.matchExpressions.map(({ key, values }) => [key, values]),
      ),
    ),
  };
}

const installer = (props?: KataNodesProps) => podOf('kata-deploy', props);
const watched = (props: KataNodesProps = {}): KataNodesProps => ({
  ...props,
  monitor: { enabled: true, ...props.monitor },
});
const monitor = (props?: KataNodesProps) => podOf('kata-monitor', watched(props));

/** What of the host is where in the container, one line each. */
function hostPaths({ container, volumes }: ReturnType<typeof podOf>): string[] {
  return container.volumeMounts.flatMap(({ name, mountPath, readOnly }) => {
    const hostPath = volumes.find((volume) => volume.name === name)?.hostPath;
    if (hostPath === undefined) return [];
    const access = readOnly === true ? 'read' : 'write';
    return [[hostPath.path, 'at', mountPath, access, hostPath.type ?? ''].join(' ').trimEnd()];
  });
}

test('the installer, by default', () => {
  const pod = installer();
  expect({ hostPaths: hostPaths(pod), variables: pod.variables }).toMatchSnapshot();
});

test('the monitor, where it is on', () => {
  const pod = monitor();
  expect({ hostPaths: hostPaths(pod), args: pod.container.args }).toMatchSnapshot();
});

test('the installer may take ten minutes, and as long to clean up, one node at a time', () => {
  const { spec } = manifest(kata(), 'DaemonSet', 'kata-deploy');
  expect(spec).toMatchObject({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
    template: {
      spec: {
        priorityClassName: 'system-node-critical',
        serviceAccountName: 'kata-deploy-sa',
        automountServiceAccountToken: true,
        terminationGracePeriodSeconds: 600,
        containers: [
          {
            command: ['/usr/bin/kata-deploy', 'install'],
            startupProbe: {
              httpGet: { path: '/readyz', port: 'health' },
              periodSeconds: 10,
              failureThreshold: 60,
            },
            livenessProbe: { httpGet: { path: '/healthz', port: 'health' } },
            readinessProbe: { httpGet: { path: '/readyz', port: 'health' } },
            ports: [{ name: 'health', containerPort: 8090 }],
            resources: { requests: { cpu: '25m', memory: '16Mi' } },
          },
        ],
      },
    },
  });
});

test('pods of a critical priority are let into the namespace before they are made', () => {
  const plan = planDeployment(kata(watched()));
  const quota = plan.find(({ manifest: { kind } }) => kind === 'ResourceQuota');
  expect(quota?.manifest).toMatchObject({
    metadata: { namespace: 'kata-system' },
    spec: { scopeSelector: { matchExpressions: [{ values: ['system-node-critical'] }] } },
  });
  for (const { dependsOn } of plan.filter(({ manifest: { kind } }) => kind === 'DaemonSet'))
    expect(dependsOn).toContain(quota?.id);
});

describe('what the installer is told', () => {
  test('one shim on every architecture it is made for', () => {
    expect(installer().variables).toMatchObject({
      SHIMS_X86_64: 'qemu-runtime-rs',
      SHIMS_AARCH64: 'qemu-runtime-rs',
      SHIMS_PPC64LE: 'qemu-runtime-rs',
      SHIMS_S390X: 'qemu-runtime-rs',
      DEFAULT_SHIM_X86_64: 'qemu-runtime-rs',
    });
  });

  test('an architecture without a shim is told nothing, and its nodes are left alone', () => {
    const { variables, requirements } = installer({ shims: ['dragonball'] });
    expect(Object.keys(variables).filter((name) => name.startsWith('SHIMS_'))).toEqual([
      'SHIMS_X86_64',
    ]);
    expect(requirements['kubernetes.io/arch']).toEqual(['amd64']);
  });

  test('where the default shim is not made for an architecture, the first that is', () => {
    const { variables } = installer({ shims: ['clh-runtime-rs', 'qemu'] });
    expect(variables).toMatchObject({
      SHIMS_X86_64: 'clh-runtime-rs qemu',
      DEFAULT_SHIM_X86_64: 'clh-runtime-rs',
      SHIMS_AARCH64: 'qemu',
      DEFAULT_SHIM_AARCH64: 'qemu',
    });
    expect(
      installer({ shims: ['clh-runtime-rs', 'qemu'], defaultShim: 'qemu' }).variables,
    ).toMatchObject({ DEFAULT_SHIM_X86_64: 'qemu' });
  });

  test('no snapshotter is installed unless asked for', () => {
    expect(installer().variables).not.toHaveProperty('EXPERIMENTAL_SETUP_SNAPSHOTTER');
    expect(
      installer({
        setupSnapshotters: ['nydus', 'erofs'],
        snapshotters: { 'qemu-runtime-rs': 'erofs' },
      }).variables,
    ).toMatchObject({
      EXPERIMENTAL_SETUP_SNAPSHOTTER: 'nydus,erofs',
      SNAPSHOTTER_HANDLER_MAPPING_AARCH64: 'qemu-runtime-rs:erofs',
    });
  });

  test('Firecracker comes with the one snapshotter it works with', () => {
    const { variables } = installer({ shims: ['qemu-runtime-rs', 'fc'] });
    expect(variables).toMatchObject({ SNAPSHOTTER_HANDLER_MAPPING_X86_64: 'fc:devmapper' });
    expect(variables).not.toHaveProperty('SNAPSHOTTER_HANDLER_MAPPING_AARCH64');
  });

  test('annotations are allowed shim by shim', () => {
    const allowedHypervisorAnnotations = {
      qemu: ['default_vcpus', 'default_memory'],
      'clh-runtime-rs': ['kernel_params'],
    } as const;
    expect(
      installer({ shims: ['qemu', 'clh-runtime-rs'], allowedHypervisorAnnotations }).variables,
    ).toMatchObject({
      ALLOWED_HYPERVISOR_ANNOTATIONS_X86_64:
        'qemu:default_vcpus,default_memory clh-runtime-rs:kernel_params',
      ALLOWED_HYPERVISOR_ANNOTATIONS_S390X: 'qemu:default_vcpus,default_memory',
    });
  });

  test.each(['k8s', 'k3s', 'rke2', 'k0s', 'microk8s'] as const)(
    'the distribution %s',
    (distribution) => {
      expect(installer({ distribution }).variables).toMatchObject({
        K8S_DISTRIBUTION: distribution,
      });
    },
  );

  test('not the distribution, where containerd has a directory of its own', () => {
    const { variables, mounts } = installer({
      distribution: 'k3s',
      containerd: { configDirectory: '/etc/own', configFile: 'own.toml' },
    });
    expect(variables).not.toHaveProperty('K8S_DISTRIBUTION');
    expect(variables).toMatchObject({ CONTAINERD_CONFIG_FILE_NAME: 'own.toml' });
    expect(mounts['/etc/containerd/']).toBe('/etc/own');
  });

  test('to be verbose', () => {
    expect(installer().variables).toMatchObject({ DEBUG: 'false' });
    expect(installer({ debug: true }).variables).toMatchObject({ DEBUG: 'true' });
    expect(monitor({ debug: true }).container.args).toContain('-log-level=debug');
  });
});

describe('where containerd is', () => {
  test.each([
    ['k8s', '/etc/containerd/', '/run/containerd'],
    ['k3s', '/var/lib/rancher/k3s/agent/etc/containerd/', '/run/k3s/containerd'],
    ['rke2', '/var/lib/rancher/rke2/agent/etc/containerd/', '/run/k3s/containerd'],
    ['k0s', '/etc/k0s/', '/run/k0s'],
    ['microk8s', '/var/snap/microk8s/current/args/', '/var/snap/microk8s/common/run'],
  ] as const)('%s', (distribution, config, socketDirectory) => {
    expect(installer({ distribution }).mounts['/etc/containerd/']).toBe(config);
    expect(monitor({ distribution }).mounts[socketDirectory]).toBe(socketDirectory);
  });

  test('a socket of its own', () => {
    const { container, mounts } = monitor({ containerd: { socket: '/run/own/c.sock' } });
    expect(container.args).toContain('-runtime-endpoint=unix:///run/own/c.sock');
    expect(mounts['/run/own']).toBe('/run/own');
  });
});

describe('which nodes', () => {
  test('those of pool kata, and no others, tainted or not', () => {
    for (const { requirements, nodeSelector, tolerations } of [installer(), monitor()]) {
      expect(nodeSelector).toBeUndefined();
      expect(requirements).toMatchObject({
        'secure-ai.io/pool': ['kata'],
        'kubernetes.io/os': ['linux'],
      });
      expect(tolerations).toContainEqual({
        key: 'secure-ai.io/pool',
        operator: 'Equal',
        value: 'kata',
        effect: 'NoSchedule',
      });
    }
  });

  test('labels of one´s own replace the label of the pools, whose taints stay tolerated', () => {
    const { requirements, nodeSelector, tolerations } = installer({
      nodeSelector: { 'cloud.google.com/gke-nodepool': 'k' },
      pools: ['a', 'b'],
    });
    expect(requirements).not.toHaveProperty(['secure-ai.io/pool']);
    expect(nodeSelector).toEqual({ 'cloud.google.com/gke-nodepool': 'k' });
    expect(tolerations).toMatchObject([{ value: 'a' }, { value: 'b' }, { operator: 'Exists' }]);
  });

  test('a startup taint is tolerated and taken off last', () => {
    const { variables, tolerations } = installer();
    expect(variables).toMatchObject({
      STARTUP_TAINTS: 'katacontainers.io/kata-runtime:NoSchedule',
    });
    expect(tolerations).toContainEqual({
      key: 'katacontainers.io/kata-runtime',
      operator: 'Exists',
      effect: 'NoSchedule',
    });
  });

  test('startup taints and further tolerations as configured', () => {
    const { variables, tolerations } = installer({
      startupTaints: [{ key: 'a' }, { key: 'b', effect: 'NoExecute' }],
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
    });
    expect(variables).toMatchObject({ STARTUP_TAINTS: 'a,b:NoExecute' });
    expect(tolerations.slice(1)).toEqual([
      { key: 'a', operator: 'Exists' },
      { key: 'b', operator: 'Exists', effect: 'NoExecute' },
      { key: 'gpu', operator: 'Exists' },
    ]);
    expect(installer({ startupTaints: [] }).variables).not.toHaveProperty('STARTUP_TAINTS');
  });
});

describe('privileges', () => {
  test('no pod is privileged or in a namespace of the host', () => {
    const pods = [installer(), monitor()];
    for (const pod of pods) {
      expect(Object.keys(pod).filter((member) => /^host(PID|IPC|Network)$/.test(member))).toEqual(
        [],
      );
      expect(pod.container.securityContext).toMatchObject({
        privileged: false,
        readOnlyRootFilesystem: true,
      });
      expect(Object.values(pod.mounts)).not.toContain('/');
    }
  });

  test('of the host the installer can write only what it changes', () => {
    const { container, mounts } = installer();
    const writable = container.volumeMounts.filter(({ readOnly }) => readOnly !== true);
    expect(writable.map(({ mountPath }) => mounts[mountPath]).sort()).toEqual([
      '/etc/containerd/',
      '/etc/crio/',
      '/etc/systemd/system',
      '/opt/kata',
      '/run/lock',
      '/run/systemd/private',
      undefined,
    ]);
  });

  test('the account can do nothing about RuntimeClasses, nor reach the kubelets', () => {
    expect(manifest(kata(), 'ClusterRole', 'kata-deploy-role')['rules']).toEqual([
      { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'patch'] },
      { apiGroups: ['apps'], resources: ['daemonsets'], verbs: ['get', 'list', 'watch'] },
    ]);
    expect(manifests(kata()).map((object) => object.kind)).not.toContain('RuntimeClass');
  });

  test('the monitor has no account, no capability, and reads only', () => {
    const { automountServiceAccountToken, container, mounts } = monitor();
    expect(automountServiceAccountToken).toBe(false);
    expect(container.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.volumeMounts.every(({ readOnly }) => readOnly)).toBe(true);
    expect(Object.values(mounts)).toEqual(['/run/containerd', '/run/vc/sbs/', '/run/kata/']);
  });
});

describe('the monitor', () => {
  const annotations = (props: KataNodesProps) =>
    manifest(kata(watched(props)), 'DaemonSet', 'kata-monitor').spec?.template as unknown as {
      metadata: { annotations?: object };
    };
  const ingress = (props: KataNodesProps) =>
    manifest(kata(watched(props)), 'NetworkPolicy', 'kata-monitor').spec;

  test('is off by default', () => {
    expectManifest(kata()).notToHave('DaemonSet', 'kata-monitor');
    expectManifest(kata()).notToHave('NetworkPolicy', 'kata-monitor');
  });

  test('is closed where nobody may scrape it: on loopback, not announced, nothing in or out', () => {
    expect(monitor().container.args).toContain('-listen-address=127.0.0.1:8090');
    expect(annotations({}).metadata.annotations).toBeUndefined();
    expect(ingress({})).toEqual({
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'kata-monitor' } },
      policyTypes: ['Ingress', 'Egress'],
    });
  });

  test('is open to those who may scrape it, on its port alone', () => {
    const scrapeFrom = [
      {
        namespaceLabels: { 'kubernetes.io/metadata.name': 'monitoring' },
        podLabels: { app: 'prometheus' },
      },
    ];
    const props = { monitor: { scrapeFrom } };
    expect(monitor(props).container.args).toContain('-listen-address=0.0.0.0:8090');
    expect(annotations(props).metadata.annotations).toEqual({ 'prometheus.io/scrape': 'true' });
    expect(ingress(props)).toHaveProperty('ingress', [
      {
        from: [
          {
            namespaceSelector: { matchLabels: scrapeFrom[0]?.namespaceLabels },
            podSelector: { matchLabels: { app: 'prometheus' } },
          },
        ],
        ports: [{ protocol: 'TCP', port: 8090 }],
      },
    ]);
  });
});

test('the installer calls the API server, and is called by nobody', () => {
  const policy = manifest(kata({ apiServerPorts: [6443] }), 'NetworkPolicy', 'kata-deploy');
  expect(policy.spec).toEqual({
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'kata-deploy' } },
    policyTypes: ['Ingress', 'Egress'],
    egress: [{ ports: [{ protocol: 'TCP', port: 6443 }] }],
  });
});

test('its account is confined by a policy that is bound and fails closed', () => {
  expectManifest(kata()).toHave('ValidatingAdmissionPolicy', 'kata-deploy', {
    spec: {
      failurePolicy: 'Fail',
      matchConditions: [
        {
          expression:
            "request.userInfo.username == 'system:serviceaccount:kata-system:kata-deploy-sa'",
        },
      ],
    },
  });
  expectManifest(kata()).toHave('ValidatingAdmissionPolicyBinding', 'kata-deploy', {
    spec: { policyName: 'kata-deploy', validationActions: ['Deny'] },
  });
});

test('it may remove the startup taints it is told of, and those alone', () => {
  const startupTaints = [{ key: 'own/a"b', effect: 'NoSchedule' as const }, { key: 'own/c' }];
  const { validations } = manifest(
    kata({ startupTaints }),
    'ValidatingAdmissionPolicy',
    'kata-deploy',
  ).spec as unknown as { validations: { expression: string; message: string }[] };
  expect(validations[2]?.message).toBe(
    'of the taints of a node kata-deploy may only remove own/a"b:NoSchedule, own/c',
  );
  expect(validations[2]?.expression).toContain(
    String.raw`(t.key == "own/a\"b" && t.effect == "NoSchedule") || t.key == "own/c" || t in`,
  );
});

test('images are in the pinned version, and by digest where one is given', () => {
  const digest = `sha256:${'0a'.repeat(32)}`;
  expect(installer().container.image).toBe(`quay.io/kata-containers/kata-deploy:${VERSIONS.kata}`);
  expect(
    installer({ image: { repository: 'mirror/kata', tag: '4.1.1', digest } }).container.image,
  ).toBe(`mirror/kata:4.1.1@${digest}`);
  expect(monitor().container.image).toBe(`quay.io/kata-containers/kata-monitor:${VERSIONS.kata}`);
});

test('the account is there before the installer and after it, so that it can clean up', () => {
  const plan = planDeployment(kata());
  const daemonSet = plan.find(({ id }) => id === 'DaemonSet/kata-system/kata-deploy');
  expect(daemonSet?.wait).toBe('daemonset-rolled-out');
  expect(daemonSet?.dependsOn).toEqual(
    expect.arrayContaining([
      'ServiceAccount/kata-system/kata-deploy-sa',
      'ClusterRole/kata-deploy-role',
      'ClusterRoleBinding/kata-deploy-rb',
      'ValidatingAdmissionPolicyBinding/kata-deploy',
      'NetworkPolicy/kata-system/kata-deploy',
    ]),
  );
});

test('its children keep their ids, which are their identity', () => {
  const children = kata(watched())
    .node.findAll()
    .filter((construct) => construct instanceof ApiObject)
    .map(({ node }) => node.path);
  expect(children).toEqual([
    'test/KataNodes/ServiceAccount',
    'test/KataNodes/ClusterRole',
    'test/KataNodes/ClusterRoleBinding',
    'test/KataNodes/OwnNodePolicy',
    'test/KataNodes/OwnNodePolicyBinding',
    'test/KataNodes/NodeCriticalPodsQuota',
    'test/KataNodes/Installer',
    'test/KataNodes/InstallerNetworkPolicy',
    'test/KataNodes/Monitor',
    'test/KataNodes/MonitorNetworkPolicy',
  ]);
});

describe('settings that cannot work', () => {
  function refused(props: unknown): string[] {
    try {
      kata(props as KataNodesProps);
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error;
      expect(error.code).toBe('CONFIG_INVALID');
      return error.problems.map(({ path }) => path);
    }
    return [];
  }

  test.each<[string, unknown]>([
    ['props.shims', { shims: [] }],
    ['props.shims[0]', { shims: ['qemu-tdx'] }],
    ['props.defaultShim', { defaultShim: 'clh' }],
    ['props.allowedHypervisorAnnotations.clh', { allowedHypervisorAnnotations: { clh: ['x'] } }],
    [
      'props.allowedHypervisorAnnotations["qemu-runtime-rs"][0]',
      { allowedHypervisorAnnotations: { 'qemu-runtime-rs': ['a b'] } },
    ],
    ['props.snapshotters.clh', { snapshotters: { clh: 'nydus' } }],
    ['props.setupSnapshotters[0]', { setupSnapshotters: ['devmapper'] }],
    ['props.distribution', { distribution: 'openshift' }],
    ['props.containerd.configDirectory', { containerd: { configDirectory: 'etc' } }],
    ['props.containerd.configFile', { containerd: { configFile: '../config.toml' } }],
    ['props.pools', { pools: [] }],
    ['props.pools[0]', { pools: ['-x'] }],
    ['props.nodeSelector', { nodeSelector: {} }],
    [
      'props.nodeSelector["katacontainers.io/kata-runtime"]',
      { nodeSelector: { 'katacontainers.io/kata-runtime': 'true' } },
    ],
    [
      'props.nodeSelector["kata-deploy.katacontainers.io/default"]',
      { nodeSelector: { 'kata-deploy.katacontainers.io/default': 'true' } },
    ],
    ['props.startupTaints[0].effect', { startupTaints: [{ key: 'a', effect: 'Never' }] }],
    ['props.image.digest', { image: { digest: 'sha256:abc' } }],
    ['props.monitor.image.tag', { monitor: { image: { tag: 'a:b' } } }],
    ['props.resources.limits.memory', { resources: { limits: { memory: '1GB!' } } }],
    ['props', { colour: 'red' }],
  ])('%s in %j', (path, props) => {
    expect(refused(props)).toEqual([path]);
  });

  test('are all told at once', () => {
    expect(refused({ shims: [], pools: ['?'], debug: 1 })).toEqual([
      'props.shims',
      'props.pools[0]',
      'props.debug',
    ]);
    expect(refused({ defaultShim: 'clh', nodeSelector: {} })).toEqual([
      'props.defaultShim',
      'props.nodeSelector',
    ]);
  });
});
