import { request } from 'node:http';
import { connectByPath, type PathApi } from '../../kubernetes/by-path';
import type { NamedObject } from '../../kubernetes/object';
import { startCluster, stopCluster, type LocalCluster } from '../../local/cluster';
import { startHostPods } from '../../local/host-pods/start';
import { markedProcesses } from '../../local/processes/marked';
import { endProcesses } from '../../local/processes/stop';
import { eventually, useScratchCache, type Scratch } from './scratch';

jest.setTimeout(120_000);

const NAMESPACE = 'apps';
const BASE = `/api/v1/namespaces/${NAMESPACE}`;
const DEPLOYMENT = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/web`;

/** A web server that tells what it sees, and misbehaves on demand. */
const CODE = `
const { readFileSync } = require('node:fs'), http = require('node:http'), https = require('node:https');
const flags = Object.fromEntries(process.argv.slice(2).map((flag) => flag.replace('--', '').split('=')));
const account = flags['service-account-dir'];
let ready = true;
const ask = (path) => new Promise((resolve) => https.get({
  host: process.env.KUBERNETES_SERVICE_HOST, port: process.env.KUBERNETES_SERVICE_PORT, path,
  ca: readFileSync(account + '/ca.crt'),
  headers: { Authorization: 'Bearer ' + readFileSync(account + '/token', 'utf8') },
}, (response) => { response.resume(); resolve(response.statusCode); }));
http.createServer(async (request, response) => {
  if (request.url === '/crash') process.exit(3);
  if (request.url === '/unready') ready = false;
  if (request.url === '/stubborn') process.on('SIGTERM', () => {});
  response.end(JSON.stringify({
    pod: process.env.POD_NAME, version: process.env.VERSION, secretive: process.env.HOST_SECRET,
    setting: readFileSync(flags.settings, 'utf8'),
    configMaps: await ask('${BASE}/configmaps'), secrets: await ask('${BASE}/secrets'),
  }));
}).listen(flags.port);
http.createServer((request, response) => response.writeHead(ready ? 200 : 503).end()).listen(flags['health-port']);
`;

let scratch: Scratch;
let cluster: LocalCluster;
let client: PathApi;

beforeAll(async () => {
  scratch = useScratchCache();
  process.env.HOST_SECRET = 'of the user';
  cluster = await startCluster({ name: 'pods' });
  client = await connectByPath({ kubeconfig: cluster.kubeconfig });
  await startHostPods(cluster, { namespaces: [NAMESPACE] });
  await create('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE },
  });
  await create(`${BASE}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'web' },
  });
  await create(`${BASE}/configmaps`, configMap('code', { 'web.js': CODE }));
  await create(`${BASE}/configmaps`, configMap('settings', { color: 'red' }));
  await create(`/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/roles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'web' },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
  });
  await create(`/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/rolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'web' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'web' },
    subjects: [{ kind: 'ServiceAccount', name: 'web', namespace: NAMESPACE }],
  });
  await create(`${BASE}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  });
}, 1_800_000);

afterAll(async () => {
  client.close();
  await stopCluster('pods');
  scratch.remove();
});

const create = (path: string, body: unknown): Promise<unknown> => client.create(path, body);
const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

const deployment = (name: string, image = 'docker.io/library/node:24.11.1-bookworm-slim') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        serviceAccountName: 'web',
        terminationGracePeriodSeconds: 5,
        containers: [
          {
            name: 'web',
            image,
            command: ['node', '/app/web.js'],
            args: ['--port=8080', '--health-port=9090', '--settings=/etc/settings/color'],
            env: [
              { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              { name: 'VERSION', value: '1' },
            ],
            ports: [
              { name: 'http', containerPort: 8080 },
              { name: 'health', containerPort: 9090 },
            ],
            readinessProbe: {
              httpGet: { path: '/', port: 'health' },
              periodSeconds: 1,
              failureThreshold: 1,
            },
            volumeMounts: [
              { name: 'code', mountPath: '/app' },
              { name: 'settings', mountPath: '/etc/settings' },
              { name: 'key', mountPath: '/etc/key' },
            ],
          },
        ],
        volumes: [
          { name: 'code', configMap: { name: 'code' } },
          { name: 'settings', configMap: { name: 'settings' } },
          { name: 'key', secret: { secretName: 'key' } },
        ],
      },
    },
  },
});

interface PodWithStatus extends NamedObject {
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly ready: boolean;
      readonly restartCount: number;
      readonly state: { readonly waiting?: { readonly message: string } };
    }[];
  };
}
interface Slice {
  readonly metadata: { readonly labels: Record<string, string> };
  readonly ports: readonly [{ readonly name: string; readonly port: number }];
  readonly endpoints: readonly [
    { readonly addresses: readonly [string]; readonly conditions: { readonly ready: boolean } },
  ];
}
interface Answer {
  readonly pod: string;
  readonly version: string;
  readonly secretive?: string;
  readonly setting: string;
  readonly configMaps: number;
  readonly secrets: number;
}

const podsOf = async (app: string): Promise<readonly PodWithStatus[]> => {
  const selector = encodeURIComponent(`app=${app}`);
  return (await client.get<{ items: PodWithStatus[] }>(`${BASE}/pods?labelSelector=${selector}`))
    .items;
};
const available = (replicas: number) =>
  eventually(`${replicas} pods are available`, async () => {
    const found = await client.get<{
      metadata: { generation: number };
      status: {
        observedGeneration?: number;
        updatedReplicas?: number;
        availableReplicas?: number;
        replicas?: number;
      };
    }>(DEPLOYMENT);
    const { observedGeneration, updatedReplicas, availableReplicas, replicas: all } = found.status;
    const counts = [updatedReplicas, availableReplicas, all];
    return (
      (observedGeneration === found.metadata.generation &&
        counts.every((count) => count === replicas)) ||
      undefined
    );
  });
const slices = async (): Promise<readonly Slice[]> => {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`;
  const owned = encodeURIComponent('endpointslice.kubernetes.io/managed-by=host-pods.secure-ai.io');
  return (await client.get<{ items: Slice[] }>(`${path}?labelSelector=${owned}`)).items;
};
const readySlices = async (): Promise<readonly Slice[]> =>
  (await slices()).filter(({ endpoints: [endpoint] }) => endpoint.conditions.ready);
const call = (
  { ports: [{ port }], endpoints: [{ addresses }] }: Slice,
  path = '/',
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ host: addresses[0], port, path, timeout: 5_000 }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => resolve(JSON.parse(text) as Answer));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
const some = (found: readonly Slice[]): Slice => {
  const [first] = found;
  if (first === undefined) throw new Error('no endpoint');
  return first;
};
const processes = async (app: string) =>
  (await markedProcesses(cluster.stateDir)).filter(({ role }) =>
    role.startsWith(`host-pod/${NAMESPACE}/${app}-`),
  );

test('a pod waits for a Secret and says so', async () => {
  await create(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, deployment('web'));
  await eventually('both pods name the missing Secret', async () => {
    const states = (await podsOf('web')).map(
      ({ status }) => status.containerStatuses?.[0]?.state.waiting?.message,
    );
    return (
      (states.length === 2 && states.every((message) => message === 'Secret key not found')) ||
      undefined
    );
  });
  expect(await processes('web')).toEqual([]);
});

test('each replica becomes ready and reachable at ports of its own', async () => {
  await create(`${BASE}/secrets`, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'key' },
    stringData: { a: 'b' },
  });
  await available(2);
  const found = await readySlices();
  expect(found).toHaveLength(2);
  expect(new Set(found.map(({ ports: [{ port }] }) => port)).size).toBe(2);
  for (const slice of found) {
    expect(slice.metadata.labels['kubernetes.io/service-name']).toBe('web');
    expect(slice.ports[0].name).toBe('http');
    expect(slice.endpoints[0].addresses).toEqual([cluster.hostAddress]);
  }
  const answers = await Promise.all(found.map((slice) => call(slice)));
  const names = (await podsOf('web')).map(({ metadata }) => metadata.name);
  expect(answers.map(({ pod }) => pod).sort()).toEqual(names.sort());
});

test('a process may do what its ServiceAccount may, and does not see our environment', async () => {
  const answer = await call(some(await readySlices()));
  expect(answer).toMatchObject({ configMaps: 200, secrets: 403, setting: 'red' });
  expect(answer.secretive).toBeUndefined();
});

test('a changed ConfigMap reaches the running process', async () => {
  const before = await processes('web');
  await client.merge(`${BASE}/configmaps/settings`, { data: { color: 'blue' } });
  await eventually(
    'the process reads it',
    async () => (await call(some(await readySlices()))).setting === 'blue' || undefined,
  );
  expect(await processes('web')).toEqual(before);
});

test('a pod that is not ready any more leaves its Service and goes on running', async () => {
  const [before, victim] = [await processes('web'), some(await readySlices())];
  await call(victim, '/unready');
  await eventually(
    'one endpoint is left',
    async () => (await readySlices()).length === 1 || undefined,
  );
  expect(some(await readySlices()).ports[0].port).not.toBe(victim.ports[0].port);
  expect(await processes('web')).toEqual(before);
  await call(victim, '/crash').catch(() => undefined);
});

test('a process that ends is started again', async () => {
  await eventually('it has been restarted', async () => {
    const counts = (await podsOf('web')).map(
      ({ status }) => status.containerStatuses?.[0]?.restartCount,
    );
    return counts.some((count) => (count ?? 0) > 0) || undefined;
  });
  await available(2);
  expect(await readySlices()).toHaveLength(2);
});

test('a new template replaces the pods while some always answer', async () => {
  const container = deployment('web').spec.template.spec.containers[0];
  const env = [container?.env[0], { name: 'VERSION', value: '2' }];
  await client.merge(DEPLOYMENT, {
    spec: { template: { spec: { containers: [{ ...container, env }] } } },
  });
  let least = 2;
  await eventually('all endpoints are new', async () => {
    const found = await readySlices();
    least = Math.min(least, found.length);
    const answers = await Promise.all(found.map((slice) => call(slice).catch(() => undefined)));
    return (found.length === 2 && answers.every((answer) => answer?.version === '2')) || undefined;
  });
  expect(least).toBe(2);
  await eventually(
    'the old processes are gone',
    async () => (await processes('web')).length === 2 || undefined,
  );
});

test('a supervisor that was killed is replaced, and with it the processes it left', async () => {
  const before = await processes('web');
  const supervisor = (await markedProcesses(cluster.stateDir)).filter(
    ({ role }) => role === 'host-pods',
  );
  expect(supervisor).toHaveLength(1);
  await endProcesses(supervisor, 0);
  await startHostPods(cluster, { namespaces: [NAMESPACE] });
  await eventually('other processes serve', async () => {
    const now = await processes('web');
    const other = now.every(({ pid }) => !before.some((old) => old.pid === pid));
    return (now.length === 2 && other && (await readySlices()).length === 2) || undefined;
  });
  expect((await call(some(await readySlices()))).version).toBe('2');
});

test('a supervisor with the same settings is kept', async () => {
  const supervisor = async () =>
    (await markedProcesses(cluster.stateDir)).filter(({ role }) => role === 'host-pods');
  const before = await supervisor();
  await startHostPods(cluster, { namespaces: [NAMESPACE] });
  expect(await supervisor()).toEqual(before);
});

test('an image no host program stands in for is named', async () => {
  await create(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, deployment('other', 'redis:7'));
  await eventually('the pods say so', async () => {
    const states = (await podsOf('other')).map(
      ({ status }) => status.containerStatuses?.[0]?.state.waiting?.message,
    );
    return (
      (states.length === 2 && states.every((message) => message?.includes('redis:7'))) || undefined
    );
  });
});

test('pods of other namespaces are left alone', async () => {
  await create('/api/v1/namespaces/default/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'elsewhere' },
    spec: { containers: [{ name: 'web', image: 'node' }] },
  });
  await eventually('the scheduler finds no node for it', async () => {
    const { status } = await client.get<{ status: { conditions?: { reason?: string }[] } }>(
      '/api/v1/namespaces/default/pods/elsewhere',
    );
    return status.conditions?.some(({ reason }) => reason === 'Unschedulable') || undefined;
  });
});

test('a forced deletion ends a process that still drains', async () => {
  const { pod } = await call(some(await readySlices()), '/stubborn');
  const left = async () =>
    (await processes('web')).filter(({ role }) => role.startsWith(`host-pod/${NAMESPACE}/${pod}/`));
  await client.delete(`${BASE}/pods/${pod}`, { gracePeriodSeconds: 1_000 });
  await eventually('it drains', async () => {
    const answers = await Promise.all((await readySlices()).map((slice) => call(slice)));
    return answers.every((answer) => answer.pod !== pod) || undefined;
  });
  expect(await left()).toHaveLength(1);
  await client.delete(`${BASE}/pods/${pod}`, { gracePeriodSeconds: 0 });
  await eventually('it has ended', async () => (await left()).length === 0 || undefined);
});

test('what is deleted ends: pods, processes and endpoints', async () => {
  await client.delete(DEPLOYMENT, { propagationPolicy: 'Background' });
  await eventually('nothing is left', async () => {
    const left = [await podsOf('web'), await processes('web'), await slices()];
    return left.every(({ length }) => length === 0) || undefined;
  });
});

test('the end of the cluster is the end of all of it', async () => {
  await stopCluster('pods');
  expect(await markedProcesses(cluster.stateDir)).toEqual([]);
});
