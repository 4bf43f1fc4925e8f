import type { z } from 'zod';
import { GvisorNodes, gvisorNodesSchema } from '../../../constructs/nodes';
import { VERSIONS } from '../../../base/versions';
import { chartWith, expectManifest, manifest, manifests } from '../expect-manifest';

const NAME = 'gvisor-installer';
const release = { version: '20260914.0', sha512: { 'x86_64/gvisor.tar.bz2': 'a'.repeat(128) } };

type Input = z.input<typeof gvisorNodesSchema>;
const parse = (input: Partial<Input> = {}) => gvisorNodesSchema.parse({ ...release, ...input });
const chart = (input: Partial<Input> = {}, source = 'installer source') =>
  chartWith((scope) => new GvisorNodes(scope, 'GvisorNodes', { settings: parse(input), source }));

interface Pod {
  readonly containers: readonly [Container, Container];
  readonly volumes: readonly {
    name: string;
    hostPath?: { path: string; type: string };
    emptyDir?: object;
  }[];
}
interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly securityContext: Record<string, unknown>;
  readonly volumeMounts: readonly {
    name: string;
    mountPath: string;
    readOnly?: boolean;
    subPath?: string;
  }[];
}

const podOf = (input: Partial<Input> = {}) =>
  manifest(chart(input), 'DaemonSet', NAME).spec?.template?.spec as unknown as Pod;

test('its containers are told everything by flags', () => {
  const told = podOf().containers.map(({ name, args }) => ({ name, args }));
  expect(told).toMatchSnapshot();
});

test('digests have no default', () => {
  for (const sha512 of [
    undefined,
    {},
    { 'x86_64/runsc': 'a'.repeat(128) },
    { 'x86_64/runsc': 'a' },
  ])
    expect(gvisorNodesSchema.safeParse({ version: '20260914.0', sha512 }).success).toBe(false);
  const both = {
    'aarch64/runsc': 'a'.repeat(128),
    'aarch64/containerd-shim-runsc-v1': 'b'.repeat(128),
  };
  expect(gvisorNodesSchema.safeParse({ version: '20260817.0', sha512: both }).success).toBe(true);
});

test('a release is exact', () => {
  for (const version of ['latest', 'nightly', '2026'])
    expect(gvisorNodesSchema.safeParse({ ...release, version }).success).toBe(false);
});

test('the container that has the host has no token', () => {
  const { containers, volumes } = podOf();
  const [install, label] = containers;
  const names = (container: Container) => container.volumeMounts.map(({ name }) => name).sort();
  expect(names(install)).toEqual(['code', 'config', 'opt', 'shutdown', 'socket', 'status']);
  expect(names(label)).toEqual(['code', 'shutdown', 'status', 'token']);
  expect(volumes.flatMap(({ hostPath }) => hostPath ?? [])).toEqual([
    { path: '/opt', type: 'DirectoryOrCreate' },
    { path: '/etc/containerd', type: 'DirectoryOrCreate' },
    { path: '/run/containerd', type: 'Directory' },
  ]);
  expectManifest(chart()).toHave('DaemonSet', NAME, {
    spec: { template: { spec: { automountServiceAccountToken: false } } },
  });
});

test('what one container writes the other can only read, in a volume that cannot grow', () => {
  const { containers, volumes } = podOf();
  const access = containers.map(({ volumeMounts }) =>
    volumeMounts
      .filter(({ name }) => name === 'status' || name === 'shutdown')
      .map(({ name, mountPath, readOnly = false, subPath }) => ({
        name,
        mountPath,
        readOnly,
        subPath,
      })),
  );
  const status = { name: 'status', mountPath: '/status' };
  const shutdown = { name: 'shutdown', mountPath: '/shutdown' };
  expect(access).toEqual([
    [
      { ...status, readOnly: false },
      { ...shutdown, readOnly: true },
    ],
    [
      { ...status, readOnly: true },
      { ...shutdown, readOnly: false },
    ],
  ]);
  const emptyDir = { medium: 'Memory', sizeLimit: '1Mi' };
  expect(volumes.filter((volume) => volume.emptyDir !== undefined)).toEqual([
    { name: 'status', emptyDir },
    { name: 'shutdown', emptyDir },
  ]);
});

test('neither container is privileged, and only one is root', () => {
  const [install, label] = podOf().containers;
  expect(install.securityContext).toEqual({
    runAsUser: 0,
    runAsGroup: 0,
    privileged: false,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'], add: ['SYS_ADMIN', 'SYS_CHROOT', 'SYS_PTRACE'] },
    seLinuxOptions: { type: 'spc_t' },
    appArmorProfile: { type: 'Unconfined' },
  });
  expect(label.securityContext).toEqual({
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 1000,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
});

test('one node at a time', () => {
  expectManifest(chart()).toHave('DaemonSet', NAME, {
    spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } } },
  });
});

test('its account may get and patch nodes, get its own DaemonSet, and nothing else', () => {
  const rules = manifests(chart())
    .filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
    .flatMap(({ rules }) => rules);
  expect(rules).toEqual([
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'patch'] },
    { apiGroups: ['apps'], resources: ['daemonsets'], resourceNames: [NAME], verbs: ['get'] },
  ]);
  expectManifest(chart()).toHave('ValidatingAdmissionPolicyBinding', NAME, {
    spec: { policyName: NAME, validationActions: ['Deny'] },
  });
});

test('what it needs to the last is deployed first', () => {
  const kinds = manifests(chart()).map(({ kind }) => kind);
  expect(kinds.at(-1)).toBe('DaemonSet');
});

test('its code is immutable, and other code has another name', () => {
  const code = (source: string) =>
    manifests(chart({}, source)).find(({ kind }) => kind === 'ConfigMap');
  expect(code('a')).toMatchObject({ immutable: true, data: { 'installer.js': 'a' } });
  expect(code('a')?.metadata).toMatchObject({ namespace: 'gvisor-system' });
  expect(code('b')?.metadata.name).not.toBe(code('a')?.metadata.name);
  expectManifest(chart()).toHave('DaemonSet', NAME, {
    spec: {
      template: {
        spec: {
          containers: [
            { image: `docker.io/library/node:${VERSIONS.nodeImage}` },
            { image: `docker.io/library/node:${VERSIONS.nodeImage}` },
          ],
        },
      },
    },
  });
});

test.each([
  ['k3s', '/var/lib/rancher/k3s/agent/etc/containerd'],
  ['rke2', '/var/lib/rancher/rke2/agent/etc/containerd'],
] as const)('%s writes its configuration itself', (distribution, directory) => {
  const { containers, volumes } = podOf({ distribution });
  expect(containers[0].args).toEqual(
    expect.arrayContaining([
      `--containerd-config=${directory}/config.toml`,
      '--generated-config',
      '--containerd-socket=/run/k3s/containerd/containerd.sock',
    ]),
  );
  const paths = volumes.flatMap(({ hostPath }) => hostPath?.path ?? []);
  expect(paths).toEqual(['/opt', directory, '/run/k3s/containerd']);
});

test('it calls the API server, names, and the source, and nothing else, and nobody calls it', () => {
  const input = { source: 'http://mirror.example.org:8080/gvisor', apiServerPorts: [6443] };
  const { spec } = manifest(chart(input), 'NetworkPolicy', NAME);
  expect(spec).toMatchObject({ policyTypes: ['Ingress', 'Egress'] });
  expect(spec).not.toHaveProperty('ingress');
  expect(spec).toHaveProperty('egress', [
    {
      ports: [
        { protocol: 'TCP', port: 53 },
        { protocol: 'TCP', port: 6443 },
        { protocol: 'TCP', port: 8080 },
        { protocol: 'UDP', port: 53 },
      ],
    },
  ]);
});
