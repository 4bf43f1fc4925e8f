import { parse } from 'yaml';
import { gke } from '../../../infra/clusters/gke';
import { deploy, GVISOR, KATA, platform, problemsWith, RELEASE, secretText } from './support';

const stack = {
  project: 'my-project',
  region: 'europe-west4',
  authorizedNetworks: ['203.0.113.7/32'],
  kataPool: { maxNodes: 5 },
  gvisorPool: { spot: true },
};
const outputs = {
  resources: {
    'gcp:serviceaccount/account:Account': { email: 'nodes@example' },
    'gcp:container/cluster:Cluster': {
      endpoint: '198.51.100.1',
      masterAuth: { clusterCaCertificate: 'Q0E=' },
      privateClusterConfig: { privateEndpoint: '172.16.0.2' },
    },
  },
};
const POOL = 'gcp:container/nodePool:NodePool';
const CLUSTER = 'gcp:container/cluster:Cluster';

/** GKE Sandbox as the settings file has to have it. */
const sandboxed = (parts: Parameters<typeof platform>[0] = {}) =>
  platform({
    runtimeList: [{ ...GVISOR, handler: 'gvisor' }, KATA],
    runtimes: { gvisor: 'provided' },
    nodes: {},
    ...parts,
  });
const GKE_SANDBOX = { ...stack, gvisorPool: { runtime: 'gke-sandbox' } };

test('a good stack has no problems, with either way to gVisor', () => {
  expect(problemsWith(gke, stack, platform())).toEqual([]);
  expect(problemsWith(gke, GKE_SANDBOX, sandboxed())).toEqual([]);
});

test('the cluster is private, and encrypts, logs and enforces network policies', async () => {
  const { resource, resources } = await deploy(gke, stack, platform(), outputs);
  expect(resource(CLUSTER, 'prod').inputs).toMatchObject({
    project: 'my-project',
    location: 'europe-west4',
    releaseChannel: { channel: 'REGULAR' },
    removeDefaultNodePool: true,
    privateClusterConfig: { enablePrivateNodes: true, enablePrivateEndpoint: false },
    masterAuthorizedNetworksConfig: { cidrBlocks: [{ cidrBlock: '203.0.113.7/32' }] },
    networkPolicy: { enabled: true, provider: 'CALICO' },
    workloadIdentityConfig: { workloadPool: 'my-project.svc.id.goog' },
    enableShieldedNodes: true,
    loggingConfig: {
      enableComponents: expect.arrayContaining(['APISERVER', 'WORKLOADS']) as unknown,
    },
    monitoringConfig: { managedPrometheus: { enabled: true } },
  });
  const outside = resources.filter(({ parent }) => parent !== 'prod').map(({ type }) => type);
  expect(outside).toEqual(['secure-ai-sandbox:clusters:gke']);
});

test('nodes of the Kata pool run virtual machines and start tainted', async () => {
  const { resource } = await deploy(gke, stack, platform(), outputs);
  const pool = resource(POOL, 'prod-kata');
  expect(pool.parent).toBe('prod');
  expect(pool.ignoreChanges).toEqual(['initialNodeCount']);
  expect(pool.inputs).toMatchObject({
    name: 'kata',
    cluster: 'prod',
    initialNodeCount: 1,
    autoscaling: { totalMinNodeCount: 1, totalMaxNodeCount: 5 },
    nodeConfig: {
      machineType: 'n2-standard-4',
      imageType: 'UBUNTU_CONTAINERD',
      advancedMachineFeatures: { enableNestedVirtualization: true, threadsPerCore: 2 },
      serviceAccount: 'nodes@example',
      shieldedInstanceConfig: { enableSecureBoot: true },
      workloadMetadataConfig: { mode: 'GKE_METADATA' },
    },
  });
  const { labels, taints } = pool.inputs['nodeConfig'] as Record<string, unknown>;
  expect(labels).toEqual({ 'secure-ai.io/pool': 'kata' });
  expect(taints).toEqual([
    { key: 'secure-ai.io/pool', value: 'kata', effect: 'NO_SCHEDULE' },
    { key: 'katacontainers.io/kata-runtime', value: 'true', effect: 'NO_SCHEDULE' },
  ]);
});

test('nodes of the gVisor pool need no virtual machines', async () => {
  const { resource } = await deploy(gke, stack, platform(), outputs);
  const { nodeConfig } = resource(POOL, 'prod-gvisor').inputs;
  expect(nodeConfig).toMatchObject({
    imageType: 'UBUNTU_CONTAINERD',
    spot: true,
    taints: [
      { key: 'secure-ai.io/pool', value: 'gvisor' },
      { key: 'secure-ai.io/gvisor-runtime', value: 'true' },
    ],
  });
  expect(nodeConfig).not.toHaveProperty('advancedMachineFeatures');
  expect(nodeConfig).not.toHaveProperty('sandboxConfig');
});

test('GKE Sandbox taints its nodes itself', async () => {
  const { resource } = await deploy(gke, GKE_SANDBOX, sandboxed(), outputs);
  expect(resource(POOL, 'prod-gvisor').inputs['nodeConfig']).toMatchObject({
    imageType: 'COS_CONTAINERD',
    sandboxConfig: { type: 'gvisor' },
    taints: [],
  });
});

test('ordinary pods have a pool without taints', async () => {
  const { resource } = await deploy(gke, stack, platform(), outputs);
  expect(resource(POOL, 'prod-system').inputs['nodeConfig']).toMatchObject({
    imageType: 'COS_CONTAINERD',
    labels: { 'secure-ai.io/pool': 'system' },
    taints: [],
  });
});

test('a pool whose policy has no runtime for it is not made', async () => {
  const { kataPool, ...rest } = stack;
  expect(kataPool).toBeDefined();
  const { resources } = await deploy(gke, rest, platform({ runtimeList: [GVISOR] }), outputs);
  const pools = resources.filter(({ type }) => type === POOL).map(({ name }) => name);
  expect(pools).toEqual(['prod-system', 'prod-gvisor']);
});

test('webhooks are reached from the control plane', async () => {
  const { resource } = await deploy(gke, stack, platform(), outputs);
  expect(resource('gcp:compute/firewall:Firewall', 'prod-webhooks').inputs).toMatchObject({
    sourceRanges: ['172.16.0.0/28'],
    targetTags: ['prod-node'],
    allows: [{ protocol: 'tcp', ports: ['8443'] }],
  });
  expect(resource(POOL, 'prod-kata').inputs['nodeConfig']).toMatchObject({ tags: ['prod-node'] });
});

test('a network of the stack has NAT before nodes start; a given one is used as it is', async () => {
  const made = await deploy(gke, stack, platform(), outputs);
  expect(made.resource(POOL, 'prod-kata').dependsOn).toContain('prod-nat');
  expect(made.resource(POOL, 'prod-kata').dependsOn).toContain('prod-nodes');

  const given = await deploy(
    gke,
    { ...stack, authorizedNetworks: [], network: 'shared', subnetwork: 'nodes' },
    platform(),
    outputs,
  );
  expect(given.resources.some(({ type }) => type.includes('RouterNat'))).toBe(false);
  expect(given.resource(CLUSTER, 'prod').inputs).toMatchObject({
    network: 'shared',
    subnetwork: 'nodes',
    privateClusterConfig: { enablePrivateEndpoint: true },
  });
  expect(await secretText(given.cluster.kubeconfig)).toContain('https://172.16.0.2');
});

test('the key for secrets is used where there is one', async () => {
  const encryptionKey = 'projects/p/locations/l/keyRings/r/cryptoKeys/k';
  const { resource } = await deploy(gke, { ...stack, encryptionKey }, platform(), outputs);
  expect(resource(CLUSTER, 'prod').inputs['databaseEncryption']).toEqual({
    state: 'ENCRYPTED',
    keyName: encryptionKey,
  });
});

test('the kubeconfig is a secret that asks gcloud for a token; the platform waits for the pools', async () => {
  const { cluster } = await deploy(gke, stack, platform(), outputs);
  const text = await secretText(cluster.kubeconfig);
  expect(parse(text)).toMatchObject({
    clusters: [
      { cluster: { server: 'https://198.51.100.1', 'certificate-authority-data': 'Q0E=' } },
    ],
    users: [{ user: { exec: { command: 'gke-gcloud-auth-plugin' } } }],
    'current-context': 'prod',
  });
  expect(cluster.dependsOn).toHaveLength(4);
});

const kata = (pool: object) => ({ ...stack, kataPool: pool });
const gvisor = (pool: object) => ({ ...stack, gvisorPool: pool });

test.each([
  ['Autopilot', { ...stack, autopilot: true }, 'autopilot'],
  ['Kubernetes too old', { ...stack, kubernetesVersion: '1.29' }, 'kubernetesVersion'],
  ['half a network', { ...stack, network: 'shared' }, 'network'],
  ['nobody reaches the API', { ...stack, authorizedNetworks: [] }, 'authorizedNetworks'],
  [
    'everybody reaches the API',
    { ...stack, authorizedNetworks: ['0.0.0.0/0'] },
    'authorizedNetworks[0]',
  ],
  ['E2', kata({ machineType: 'e2-standard-4' }), 'kataPool.machineType'],
  ['AMD', kata({ machineType: 'n2d-standard-4' }), 'kataPool.machineType'],
  ['Arm', kata({ machineType: 'c4a-standard-4' }), 'kataPool.machineType'],
  ['memory-optimized', kata({ machineType: 'm3-ultramem-32' }), 'kataPool.machineType'],
  ['old CPUs', kata({ machineType: 'n1-standard-4' }), 'kataPool.machineType'],
  ['bare metal', kata({ machineType: 'c3-standard-192-metal' }), 'kataPool.machineType'],
  ['unknown family', kata({ machineType: 'z9-standard-4' }), 'kataPool.machineType'],
  ['COS for kata-deploy', kata({ imageType: 'COS_CONTAINERD' }), 'kataPool.imageType'],
  ['COS for our gVisor', gvisor({ imageType: 'COS_CONTAINERD' }), 'gvisorPool.imageType'],
  ['gVisor on Arm', gvisor({ machineType: 't2a-standard-4' }), 'gvisorPool.machineType'],
  ['min over max', kata({ minNodes: 4, maxNodes: 3 }), 'kataPool.minNodes'],
  ['fewer nodes than zones', kata({ maxNodes: 2 }), 'kataPool.maxNodes'],
  [
    'the sandbox pool as the only one',
    { ...stack, systemPool: { minNodes: 0 } },
    'systemPool.minNodes',
  ],
])('refused: %s', (_, values, path) => {
  expect(problemsWith(gke, values, platform()).map((p) => p.path)).toEqual([path]);
});

test.each([
  [
    'our class beside GKE Sandbox',
    sandboxed({ runtimes: { gvisor: { overhead: { memory: '1Mi' }, nodeSelector: { a: 'b' } } } }),
    'settings runtimes.gvisor',
  ],
  [
    'our installer beside GKE Sandbox',
    sandboxed({ nodes: { gvisor: RELEASE } }),
    'settings nodes.gvisor',
  ],
  [
    'another handler than that of GKE Sandbox',
    sandboxed({ runtimeList: [GVISOR, KATA] }),
    'settings policy.runtimes.gvisor.handler',
  ],
  [
    'another class than that of GKE Sandbox',
    sandboxed({
      runtimeList: [{ ...GVISOR, runtimeClassName: 'runsc', handler: 'gvisor' }, KATA],
    }),
    'settings policy.runtimes.gvisor.runtimeClassName',
  ],
  [
    'hostPath in GKE Sandbox',
    sandboxed({
      rules: [
        { name: 'r', when: { any: [{ pod: { volumes: ['hostPath'] } }] }, runtime: 'gvisor' },
      ],
    }),
    'settings policy.rules[0]',
  ],
])('refused with GKE Sandbox: %s', (_, sandbox, path) => {
  expect(problemsWith(gke, GKE_SANDBOX, sandbox).map((p) => p.path)).toEqual([path]);
});

test('refused: GKE Sandbox on Ubuntu', () => {
  const values = {
    ...stack,
    gvisorPool: { runtime: 'gke-sandbox', imageType: 'UBUNTU_CONTAINERD' },
  };
  expect(problemsWith(gke, values, sandboxed()).map((p) => p.path)).toEqual([
    'gvisorPool.imageType',
  ]);
});

test('all problems are reported together', () => {
  const values = {
    ...stack,
    autopilot: true,
    kubernetesVersion: '1.27',
    kataPool: { machineType: 'e2-standard-4', imageType: 'COS_CONTAINERD', minNodes: 9 },
    gvisorPool: undefined,
  };
  expect(problemsWith(gke, values, platform()).map((p) => p.path)).toEqual([
    'autopilot',
    'kubernetesVersion',
    'kataPool.minNodes',
    'gvisorPool',
    'kataPool.machineType',
    'kataPool.imageType',
  ]);
});

test.each([
  [{ ...stack, sytemPool: {} }],
  [kata({ taints: [{ key: 'sandbox.gke.io/runtime' }] })],
  [{ ...stack, region: 'Europe' }],
  [{ ...stack, controlPlaneRange: '172.16.0.0/24' }],
])('a value that means nothing is not taken: %j', (values) => {
  expect(gke.schema.safeParse(values).success).toBe(false);
});
