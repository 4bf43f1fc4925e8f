import { parse } from 'yaml';
import { eks } from '../../../infra/clusters/eks';
import { isSecret } from '../registrations';
import { deploy, platform, problemsWith, secretText, type Deployed } from './support';

const stack = {
  region: 'eu-central-1',
  kubernetesVersion: '1.35',
  authorizedNetworks: ['203.0.113.7/32'],
  kataPool: { maxNodes: 5 },
  gvisorPool: { spot: true },
};
const outputs = {
  resources: {
    'aws:eks/cluster:Cluster': {
      endpoint: 'https://eks.example',
      certificateAuthority: { data: 'Q0E=' },
      kubernetesNetworkConfig: { serviceIpv4Cidr: '172.20.0.0/16' },
      vpcConfig: { clusterSecurityGroupId: 'sg-1' },
    },
    'aws:iam/instanceProfile:InstanceProfile': { arn: 'arn:profile' },
    'aws:iam/role:Role': { arn: 'arn:role' },
    'aws:kms/key:Key': { arn: 'arn:key' },
    'aws:ec2/launchTemplate:LaunchTemplate': { latestVersion: 7 },
  },
  calls: {
    'aws:ssm/getParameter:getParameter': { value: 'ami-123' },
    'aws:index/getAvailabilityZones:getAvailabilityZones': { names: ['a', 'b', 'c'] },
  },
};
const CLUSTER = 'aws:eks/cluster:Cluster';
const TEMPLATE = 'aws:ec2/launchTemplate:LaunchTemplate';
const GROUP = 'aws:autoscaling/group:Group';
const NODES = 'aws:eks/nodeGroup:NodeGroup';

test('a good stack has no problems', () => {
  expect(problemsWith(eks, stack, platform())).toEqual([]);
});

let deployed: Deployed;
beforeAll(async () => {
  deployed = await deploy(eks, stack, platform(), outputs);
});

test('the control plane encrypts secrets, logs everything and is open to the ranges named', () => {
  expect(deployed.resource(CLUSTER, 'prod').inputs).toMatchObject({
    version: '1.35',
    encryptionConfig: { provider: { keyArn: 'arn:key' }, resources: ['secrets'] },
    enabledClusterLogTypes: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'],
    vpcConfig: {
      endpointPrivateAccess: true,
      endpointPublicAccess: true,
      publicAccessCidrs: ['203.0.113.7/32'],
      subnetIds: ['prod-private-0-id', 'prod-private-1-id'],
    },
    accessConfig: { authenticationMode: 'API' },
  });
  expect(deployed.resource('aws:kms/key:Key', 'prod-secrets').inputs).toMatchObject({
    enableKeyRotation: true,
  });
});

test('network policies are enforced, and pods can have an identity', () => {
  const addon = (name: string) => deployed.resource('aws:eks/addon:Addon', `prod-${name}`).inputs;
  expect(addon('vpc-cni')['configurationValues']).toBe('{"enableNetworkPolicy":"true"}');
  expect(addon('eks-pod-identity-agent')).toMatchObject({ clusterName: 'prod' });
});

test('everything is in the region of the stack and belongs to the cluster', () => {
  const provider = deployed.resource('pulumi:providers:aws', 'prod');
  expect(provider.inputs['region']).toBe('eu-central-1');
  const cloud = deployed.resources.filter(({ type }) => type.startsWith('aws:'));
  expect(new Set(cloud.map((r) => `${r.parent} by ${r.provider}`))).toEqual(
    new Set(['prod by prod']),
  );
});

test('Kata nodes are a group of the stack with nested virtualization', () => {
  const { inputs } = deployed.resource(TEMPLATE, 'prod-kata');
  expect(inputs).toMatchObject({
    instanceType: 'm8i.xlarge',
    imageId: 'ami-123',
    cpuOptions: { nestedVirtualization: 'enabled' },
    metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
    blockDeviceMappings: [{ ebs: { encrypted: 'true', volumeType: 'gp3', volumeSize: 100 } }],
    vpcSecurityGroupIds: ['sg-1'],
    iamInstanceProfile: { arn: 'arn:profile' },
  });
  const group = deployed.resource(GROUP, 'prod-kata');
  expect(group.inputs).toMatchObject({
    minSize: 1,
    maxSize: 5,
    launchTemplate: { id: 'prod-kata-id', version: '7' },
    vpcZoneIdentifiers: ['prod-private-0-id', 'prod-private-1-id'],
  });
  expect(group.dependsOn).toEqual(
    expect.arrayContaining(['prod-kata', 'prod-vpc-cni', 'prod-kata-nodes-AmazonEKS_CNI_Policy']),
  );
  const made = deployed.resources.filter(({ type }) => type === NODES).map(({ name }) => name);
  expect(made).toEqual(['prod-system', 'prod-gvisor']);
});

test('the autoscaler learns of Kata nodes that are not there yet', () => {
  const { tags } = deployed.resource(GROUP, 'prod-kata').inputs as {
    tags: { key: string; value: string }[];
  };
  expect(Object.fromEntries(tags.map(({ key, value }) => [key, value]))).toEqual({
    'kubernetes.io/cluster/prod': 'owned',
    'k8s.io/cluster-autoscaler/enabled': 'true',
    'k8s.io/cluster-autoscaler/prod': 'owned',
    'k8s.io/cluster-autoscaler/node-template/label/secure-ai.io/pool': 'kata',
    'k8s.io/cluster-autoscaler/node-template/taint/secure-ai.io/pool': 'kata:NoSchedule',
    'k8s.io/cluster-autoscaler/node-template/taint/katacontainers.io/kata-runtime':
      'true:NoSchedule',
  });
});

test('Kata nodes join labelled and tainted, and load what Kata needs', () => {
  const { userData } = deployed.resource(TEMPLATE, 'prod-kata').inputs as { userData: string };
  const text = Buffer.from(userData, 'base64').toString('utf8');
  const boundary = /boundary="([^"]+)"/.exec(text)?.[1] ?? '';
  const [head, config = '', script, end] = text.split(`--${boundary}`);
  expect(head).toMatch(/^MIME-Version: 1\.0\nContent-Type: multipart\/mixed;/);
  expect(end).toBe('--\n');
  expect(script).toMatch(
    /^\nContent-Type: text\/x-shellscript; [^\n]+\n\n#!\/bin\/sh\n.*vhost_vsock/s,
  );
  const [type, ...body] = config.trimStart().split('\n');
  expect(type).toBe('Content-Type: application/node.eks.aws');
  expect(parse(body.join('\n'))).toEqual({
    apiVersion: 'node.eks.aws/v1alpha1',
    kind: 'NodeConfig',
    spec: {
      cluster: {
        name: 'prod',
        apiServerEndpoint: 'https://eks.example',
        certificateAuthority: 'Q0E=',
        cidr: '172.20.0.0/16',
      },
      kubelet: {
        flags: [
          '--node-labels=secure-ai.io/pool=kata',
          '--register-with-taints=secure-ai.io/pool=kata:NoSchedule,katacontainers.io/kata-runtime=true:NoSchedule',
        ],
      },
    },
  });
});

test('Kata nodes have a role of their own, which may join', () => {
  expect(deployed.resource('aws:eks/accessEntry:AccessEntry', 'prod-kata').inputs).toMatchObject({
    type: 'EC2_LINUX',
    principalArn: 'arn:role',
  });
  expect(deployed.resource('aws:iam/role:Role', 'prod-kata-nodes')).toBeDefined();
});

test('gVisor nodes are a managed group', () => {
  const { inputs, ignoreChanges } = deployed.resource(NODES, 'prod-gvisor');
  expect(inputs).toMatchObject({
    amiType: 'AL2023_x86_64_STANDARD',
    capacityType: 'SPOT',
    labels: { 'secure-ai.io/pool': 'gvisor' },
    taints: [
      { key: 'secure-ai.io/pool', value: 'gvisor', effect: 'NO_SCHEDULE' },
      { key: 'secure-ai.io/gvisor-runtime', value: 'true', effect: 'NO_SCHEDULE' },
    ],
    scalingConfig: { minSize: 1, maxSize: 3, desiredSize: 1 },
  });
  expect(ignoreChanges).toEqual(['scalingConfig.desiredSize']);
  const template = deployed.resource(TEMPLATE, 'prod-gvisor').inputs;
  expect(template['metadataOptions']).toMatchObject({ httpTokens: 'required' });
  expect(template).not.toHaveProperty('cpuOptions');
});

test('the kubeconfig is a secret that asks aws for a token; the platform waits for nodes and DNS', async () => {
  const { cluster } = deployed;
  expect(parse(await secretText(cluster.kubeconfig))).toMatchObject({
    clusters: [{ cluster: { server: 'https://eks.example' } }],
    users: [
      {
        user: {
          exec: {
            command: 'aws',
            args: expect.arrayContaining(['get-token', 'prod', 'eu-central-1']) as unknown,
          },
        },
      },
    ],
  });
  expect(cluster.dependsOn).toHaveLength(4);
  const inputs = deployed.resources.flatMap((r) => Object.values(r.inputs));
  expect(inputs.filter(isSecret)).toEqual([]);
});

test('subnets that are there are used as they are, and reach the API from private ranges', async () => {
  const subnets = ['subnet-0a', 'subnet-0b'];
  const values = { ...stack, subnets, authorizedNetworks: ['10.8.0.0/16'] };
  expect(problemsWith(eks, values, platform())).toEqual([]);
  const { resource, resources } = await deploy(eks, values, platform(), outputs);
  expect(resources.some(({ type }) => type === 'aws:ec2/vpc:Vpc')).toBe(false);
  expect(resource(CLUSTER, 'prod').inputs['vpcConfig']).toEqual({
    subnetIds: subnets,
    endpointPrivateAccess: true,
    endpointPublicAccess: false,
  });
  expect(
    resource('aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule', 'prod-api-0').inputs,
  ).toMatchObject({ securityGroupId: 'sg-1', cidrIpv4: '10.8.0.0/16', fromPort: 443 });
});

test('bare metal needs no switch, and may be spot', async () => {
  const values = { ...stack, kataPool: { machineType: 'c7i.metal-24xl', spot: true } };
  expect(problemsWith(eks, values, platform())).toEqual([]);
  const { resource } = await deploy(eks, values, platform(), outputs);
  const { inputs } = resource(TEMPLATE, 'prod-kata');
  expect(inputs).not.toHaveProperty('cpuOptions');
  expect(inputs['instanceMarketOptions']).toEqual({ marketType: 'spot' });
});

const kata = (pool: object) => ({ ...stack, kataPool: pool });

test.each([
  [
    'Kubernetes too old for the gVisor installer',
    { ...stack, kubernetesVersion: '1.31' },
    'kubernetesVersion',
  ],
  ['a patch version', { ...stack, kubernetesVersion: '1.35.2' }, 'kubernetesVersion'],
  ['nobody reaches the API', { ...stack, authorizedNetworks: [] }, 'authorizedNetworks'],
  [
    'zones of subnets',
    { ...stack, subnets: ['subnet-0a', 'subnet-0b'], zones: ['a', 'b'] },
    'zones',
  ],
  ['a managed group for Kata', kata({ group: 'managed' }), 'kataPool.group'],
  ['7th generation', kata({ machineType: 'm7i.xlarge' }), 'kataPool.machineType'],
  ['AMD', kata({ machineType: 'm8a.xlarge' }), 'kataPool.machineType'],
  ['Graviton', kata({ machineType: 'm8g.xlarge' }), 'kataPool.machineType'],
  ['Graviton on bare metal', kata({ machineType: 'm7g.metal' }), 'kataPool.machineType'],
  ['a family AWS does not name', kata({ machineType: 't3.large' }), 'kataPool.machineType'],
  ['spot with CPU options', kata({ spot: true }), 'kataPool.spot'],
  [
    'the switch on bare metal',
    kata({ machineType: 'm8i.metal-48xl', nestedVirtualization: true }),
    'kataPool.nestedVirtualization',
  ],
  ['the switch off', kata({ nestedVirtualization: false }), 'kataPool.nestedVirtualization'],
  ['min over max', kata({ minNodes: 4 }), 'kataPool.minNodes'],
  [
    'Graviton for gVisor',
    { ...stack, gvisorPool: { machineType: 'm7g.xlarge' } },
    'gvisorPool.machineType',
  ],
  [
    'Graviton for the system',
    { ...stack, systemPool: { machineType: 'a1.xlarge' } },
    'systemPool.machineType',
  ],
])('refused: %s', (_, values, path) => {
  expect(problemsWith(eks, values, platform()).map((p) => p.path)).toEqual([path]);
});

test.each(['c8i.large', 'm8i-flex.xlarge', 'r8i.4xlarge', 'c8i.metal-48xl', 'm6a.metal'])(
  '%s can run Kata',
  (machineType) => {
    expect(problemsWith(eks, kata({ machineType }), platform())).toEqual([]);
  },
);

test('for the 7th generation the fix says how to find out', () => {
  const [problem] = problemsWith(eks, kata({ machineType: 'c7i.xlarge' }), platform());
  expect(problem?.reason).toContain('contradict');
  expect(problem?.fix).toContain('supported-features,Values=nested-virtualization');
});

test('all problems are reported together', () => {
  const pool = { machineType: 't3.large', group: 'managed', spot: true, minNodes: 9 };
  const values = { ...kata(pool), kubernetesVersion: '1.27.1', authorizedNetworks: ['0.0.0.0/0'] };
  expect(problemsWith(eks, values, platform()).map((p) => p.path)).toEqual([
    'kubernetesVersion',
    'kubernetesVersion',
    'authorizedNetworks[0]',
    'kataPool.minNodes',
    'kataPool.machineType',
    'kataPool.group',
    'kataPool.spot',
  ]);
});
