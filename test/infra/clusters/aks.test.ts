import { aks } from '../../../infra/clusters/aks';
import { deploy, GVISOR, KATA, platform, problemsWith, RELEASE, secretText } from './support';

const stack = {
  region: 'westeurope',
  authorizedNetworks: ['203.0.113.7/32'],
  kataPool: { maxNodes: 5 },
  gvisorPool: {},
};
const NESTED = { ...stack, kataPool: { mode: 'nested' } };
const SUBNET =
  '/subscriptions/sub/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s';
const outputs = {
  calls: {
    'azure-native:containerservice:listManagedClusterUserCredentials': {
      kubeconfigs: [{ name: 'user', value: Buffer.from('the kubeconfig').toString('base64') }],
    },
  },
};
const CLUSTER = 'azure-native:containerservice:ManagedCluster';
const POOL = 'azure-native:containerservice:AgentPool';

const ISOLATED = { name: 'kata', runtimeClassName: 'kata-vm-isolation', handler: 'kata' };
/** Pod Sandboxing as the settings file has to have it. */
const isolated = (parts: Parameters<typeof platform>[0] = {}) =>
  platform({ runtimeList: [GVISOR, ISOLATED], runtimes: { kata: 'provided' }, ...parts });

test('a good stack has no problems, with either way to Kata', () => {
  expect(problemsWith(aks, stack, isolated())).toEqual([]);
  expect(problemsWith(aks, NESTED, platform())).toEqual([]);
});

test('the cluster has identities, encryption on hosts, network policies and logs', async () => {
  const { resource, resources } = await deploy(aks, stack, isolated(), outputs);
  expect(resource(CLUSTER, 'prod').inputs).toMatchObject({
    resourceName: 'prod',
    location: 'westeurope',
    enableRBAC: true,
    agentPoolProfiles: [
      {
        name: 'system',
        mode: 'System',
        enableEncryptionAtHost: true,
        enableNodePublicIP: false,
        nodeLabels: { 'secure-ai.io/pool': 'system' },
        nodeTaints: [],
        minCount: 1,
        maxCount: 3,
      },
    ],
    apiServerAccessProfile: { authorizedIPRanges: ['203.0.113.7/32'] },
    networkProfile: {
      networkPlugin: 'azure',
      networkPluginMode: 'overlay',
      networkPolicy: 'calico',
    },
    oidcIssuerProfile: { enabled: true },
    securityProfile: { workloadIdentity: { enabled: true } },
    addonProfiles: {
      omsagent: { enabled: true, config: { logAnalyticsWorkspaceResourceID: 'prod-id' } },
    },
  });
  const outside = resources.filter(({ parent }) => parent !== 'prod').map(({ type }) => type);
  expect(outside).toEqual(['secure-ai-sandbox:clusters:aks']);
});

test('without public ranges the API server is private, in a subnet the cluster may use', async () => {
  const values = { ...stack, authorizedNetworks: [], subnet: SUBNET };
  expect(problemsWith(aks, values, isolated())).toEqual([]);
  const { resource } = await deploy(aks, values, isolated(), outputs);
  const cluster = resource(CLUSTER, 'prod');
  expect(cluster.inputs).toMatchObject({
    apiServerAccessProfile: { enablePrivateCluster: true, enablePrivateClusterPublicFQDN: false },
    agentPoolProfiles: [{ vnetSubnetID: SUBNET }],
  });
  expect(cluster.dependsOn).toContain('prod-network');
  expect(
    resource('azure-native:authorization:RoleAssignment', 'prod-network').inputs,
  ).toMatchObject({
    scope: SUBNET,
    roleDefinitionId: expect.stringMatching(/^\/subscriptions\/sub\//) as unknown,
  });
  expect(resource(POOL, 'prod-kata').inputs).toMatchObject({ vnetSubnetID: SUBNET });
});

test('Pod Sandboxing has its own image and no taints, which nothing would tolerate', async () => {
  const { resource } = await deploy(aks, stack, isolated(), outputs);
  const { inputs, ignoreChanges } = resource(POOL, 'prod-kata');
  expect(inputs).toMatchObject({
    agentPoolName: 'kata',
    mode: 'User',
    vmSize: 'Standard_D4s_v5',
    workloadRuntime: 'KataVmIsolation',
    osSKU: 'AzureLinux',
    nodeLabels: { 'secure-ai.io/pool': 'kata' },
    nodeTaints: [],
    enableAutoScaling: true,
    minCount: 1,
    maxCount: 5,
    enableEncryptionAtHost: true,
  });
  expect(ignoreChanges).toEqual(['count']);
});

test('installers have pools without startup taints, which AKS would not let go', async () => {
  const { resource } = await deploy(aks, NESTED, platform(), outputs);
  const { inputs } = resource(POOL, 'prod-kata');
  expect(inputs).toMatchObject({
    osSKU: 'Ubuntu',
    nodeTaints: ['secure-ai.io/pool=kata:NoSchedule'],
  });
  expect(inputs).not.toHaveProperty('workloadRuntime');
  expect(resource(POOL, 'prod-gvisor').inputs).toMatchObject({
    osSKU: 'Ubuntu',
    nodeLabels: { 'secure-ai.io/pool': 'gvisor' },
    nodeTaints: ['secure-ai.io/pool=gvisor:NoSchedule'],
  });
});

test('a resource group and a workspace that are there are used', async () => {
  const logAnalyticsWorkspace =
    '/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w';
  const values = { ...stack, resourceGroup: 'mine', logAnalyticsWorkspace };
  const { resource, resources } = await deploy(aks, values, isolated(), outputs);
  expect(resource(CLUSTER, 'prod').inputs).toMatchObject({
    resourceGroupName: 'mine',
    addonProfiles: {
      omsagent: { config: { logAnalyticsWorkspaceResourceID: logAnalyticsWorkspace } },
    },
  });
  expect(resources.some(({ type }) => /ResourceGroup|Workspace/.test(type))).toBe(false);
});

test('the kubeconfig is the secret one of AKS; the platform waits for the pools', async () => {
  const { cluster } = await deploy(aks, stack, isolated(), outputs);
  expect(await secretText(cluster.kubeconfig)).toBe('the kubeconfig');
  expect(cluster.dependsOn).toHaveLength(3);
});

const kata = (pool: object) => ({ ...stack, kataPool: pool });

test.each([
  ['Kubernetes too old', { ...stack, kubernetesVersion: '1.26' }, 'kubernetesVersion'],
  ['nobody reaches the API', { ...stack, authorizedNetworks: [] }, 'authorizedNetworks'],
  [
    'private ranges',
    { ...stack, authorizedNetworks: ['10.0.0.0/8', '203.0.113.7/32'] },
    'authorizedNetworks[0]',
  ],
  ['Ubuntu for Pod Sandboxing', kata({ osSku: 'Ubuntu' }), 'kataPool.osSku'],
  ['a burstable size', kata({ machineType: 'Standard_B4ms' }), 'kataPool.machineType'],
  ['an old size', kata({ machineType: 'Standard_D4s_v2' }), 'kataPool.machineType'],
  ['a size nobody has shown', kata({ machineType: 'Standard_D4s_v6' }), 'kataPool.machineType'],
  ['AMD', kata({ machineType: 'Standard_D4as_v5' }), 'kataPool.machineType'],
  ['Arm', kata({ machineType: 'Standard_D4ps_v5' }), 'kataPool.machineType'],
  ['no size at all', kata({ machineType: 'm8i.xlarge' }), 'kataPool.machineType'],
  ['min over max', kata({ minNodes: 4 }), 'kataPool.minNodes'],
  [
    'Arm for gVisor',
    { ...stack, gvisorPool: { machineType: 'Standard_D4ps_v5' } },
    'gvisorPool.machineType',
  ],
])('refused: %s', (_, values, path) => {
  expect(problemsWith(aks, values, isolated()).map((p) => p.path)).toEqual([path]);
});

const CLASS = { overhead: { memory: '1Mi' }, nodeSelector: { a: 'b' } };
test.each([
  ['our class', { runtimes: { kata: CLASS } }, ['settings runtimes.kata']],
  [
    'our installer',
    { nodes: { gvisor: RELEASE, kata: { enabled: true } } },
    ['settings nodes.kata'],
  ],
  [
    'the class of kata-deploy',
    { runtimeList: [GVISOR, KATA] },
    ['settings policy.runtimes.kata.runtimeClassName', 'settings policy.runtimes.kata.handler'],
  ],
])('refused with Pod Sandboxing: %s', (_, parts, paths) => {
  expect(problemsWith(aks, stack, isolated(parts)).map((p) => p.path)).toEqual(paths);
});

test.each([
  ['Azure Linux', { mode: 'nested', osSku: 'AzureLinux' }, platform(), ['kataPool.osSku']],
  ['an empty pool', { mode: 'nested', minNodes: 0 }, platform(), ['kataPool.minNodes']],
  [
    'pods that come before Kata',
    { mode: 'nested' },
    platform({ runtimes: { kata: { nodeSelector: { 'secure-ai.io/pool': 'kata' } } } }),
    ['settings runtimes.kata.nodeSelector'],
  ],
])('refused with nested virtual machines: %s', (_, kataPool, sandbox, paths) => {
  expect(problemsWith(aks, { ...stack, kataPool }, sandbox).map((p) => p.path)).toEqual(paths);
});

test('all problems are reported together', () => {
  const values = {
    region: 'westeurope',
    kubernetesVersion: '1.26',
    kataPool: { machineType: 'Standard_B4ms', osSku: 'Ubuntu', minNodes: 9 },
  };
  expect(problemsWith(aks, values, platform()).map((p) => p.path)).toEqual([
    'kubernetesVersion',
    'authorizedNetworks',
    'kataPool.minNodes',
    'gvisorPool',
    'kataPool.machineType',
    'kataPool.osSku',
    'settings nodes.kata',
    'settings policy.runtimes.kata.runtimeClassName',
    'settings policy.runtimes.kata.handler',
    'settings runtimes.kata',
  ]);
});
