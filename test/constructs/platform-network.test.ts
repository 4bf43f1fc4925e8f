import type { Chart } from 'cdk8s';
import { App, ApiObject } from 'cdk8s';
import { defineSandbox, SandboxChart, type SandboxInput } from '../../constructs';
import { checkManifests, type Manifest } from '../../constructs/internal/manifest-checks';
import { planDeployment } from '../../deploy/plan';
import { NAMESPACES } from '../../base/names';
import { manifests } from './expect-manifest';

const bundles = { webhook: '', rotator: '', installer: '' };
const WORKLOADS = new Set(['Deployment', 'DaemonSet']);

const input: SandboxInput = {
  policy: {
    runtimes: [
      { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
      { name: 'kata', runtimeClassName: 'kata', handler: 'kata-qemu-runtime-rs' },
    ],
  },
  nodes: {
    gvisor: { version: '20260914.0', sha512: { 'x86_64/gvisor.tar.bz2': 'a'.repeat(128) } },
    kata: { monitor: { enabled: true } },
  },
};

function platform(changes: Partial<SandboxInput> = {}): Chart {
  const config = defineSandbox({ ...input, ...changes });
  return new SandboxChart(new App(), 'platform', { config, bundles });
}

interface Policy extends Manifest {
  readonly spec: {
    readonly podSelector: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly { readonly from?: unknown; readonly ports?: readonly Port[] }[];
    readonly egress?: readonly { readonly to?: unknown; readonly ports?: readonly Port[] }[];
  };
}
interface Port {
  readonly protocol: string;
  readonly port: number;
}

const policiesOf = (chart: Chart) =>
  manifests(chart).filter(({ kind }) => kind === 'NetworkPolicy') as unknown as Policy[];

/** What the pods of each workload of the platform may be called on and call, as NetworkPolicies add up. */
function reach(chart: Chart): Record<string, { in: string[]; out: string[] }> {
  const policies = policiesOf(chart);
  const workloads = manifests(chart).filter(({ kind }) => WORKLOADS.has(kind));
  const words = (peers: unknown, ports: readonly Port[] = []) =>
    ports.map(
      ({ protocol, port }) => `${protocol} ${port}${peers === undefined ? '' : ' selected'}`,
    );
  return Object.fromEntries(
    workloads.map(({ metadata, spec }) => {
      const { labels } = (spec as unknown as { template: { metadata: { labels: object } } })
        .template.metadata;
      const own = policies.filter(
        (policy) =>
          policy.metadata.namespace === metadata.namespace &&
          Object.entries(policy.spec.podSelector.matchLabels ?? {}).every(
            ([key, value]) => (labels as Record<string, string>)[key] === value,
          ),
      );
      return [
        metadata.name,
        {
          in: own.flatMap(({ spec }) =>
            (spec.ingress ?? []).flatMap(({ from, ports }) => words(from, ports)),
          ),
          out: own.flatMap(({ spec }) =>
            (spec.egress ?? []).flatMap(({ to, ports }) => words(to, ports)),
          ),
        },
      ];
    }),
  );
}

test('the pods of Gatekeeper and of the installers are called and call only where they have to', () => {
  const api = ['TCP 443', 'TCP 6443'];
  expect(reach(platform())).toMatchObject({
    'gatekeeper-controller-manager': { in: ['TCP 8443'], out: api },
    'gatekeeper-audit': { in: [], out: api },
    'kata-deploy': { in: [], out: api },
    'kata-monitor': { in: [], out: [] },
    'gvisor-installer': { in: [], out: ['TCP 53', ...api, 'UDP 53'] },
  });
});

test('every rule names ports, and every pod of the platform is isolated in both directions', () => {
  const policies = policiesOf(platform());
  for (const { spec } of policies) {
    expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
    for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
      expect(ports?.length).toBeGreaterThan(0);
  }
  const closed = policies.filter(({ metadata }) => metadata.name === 'default-deny');
  expect(closed.map(({ metadata }) => metadata.namespace).sort()).toEqual(
    Object.values(NAMESPACES).sort(),
  );
});

test('the API server is where it is said to be, and who may scrape is said', () => {
  const scrapeFrom = [{ podLabels: { app: 'prometheus' } }];
  const found = reach(platform({ scrapeFrom, webhook: { apiServerPorts: [8000] } }));
  expect(found).toMatchObject({
    'gatekeeper-controller-manager': { in: ['TCP 8443', 'TCP 8888 selected'], out: ['TCP 8000'] },
    'gatekeeper-audit': { in: ['TCP 8888 selected'], out: ['TCP 8000'] },
  });
});

test('what opens is there before what closes, and both before the pods', () => {
  const plan = planDeployment(platform());
  const place = (id: string) => plan.findIndex((object) => object.id === id);
  const closing = Object.values(NAMESPACES).map((name) => `NetworkPolicy/${name}/default-deny`);
  for (const id of closing) {
    expect(place(id)).toBeGreaterThan(
      place('NetworkPolicy/gatekeeper-system/gatekeeper-controller-manager'),
    );
    for (const { id: workload, manifest, dependsOn } of plan) {
      if (WORKLOADS.has(manifest.kind) && !workload.endsWith('/ai-runtime-mutator'))
        expect(dependsOn).toContain(id);
      if (WORKLOADS.has(manifest.kind)) expect(place(workload)).toBeGreaterThan(place(id));
    }
  }
});

describe('a namespace of the platform that is not closed', () => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kata-system' } };
  const policy = (spec: object): Manifest => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'kata-system' },
    spec,
  });
  const deny = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };

  test('by a policy for every pod, in both directions, without a rule, is a broken rule', () => {
    expect(checkManifests([namespace, policy(deny)])).toEqual([]);
    const others = [
      { ...deny, podSelector: { matchLabels: { a: 'b' } } },
      { ...deny, policyTypes: ['Ingress'] },
      { ...deny, egress: [{}] },
      { ...deny, ingress: [{}] },
    ].map(policy);
    for (const objects of [[namespace], ...others.map((other) => [namespace, other])])
      expect(checkManifests(objects).map(({ path }) => path)).toEqual(['Namespace/kata-system']);
    const elsewhere = { ...policy(deny), metadata: { name: 'p', namespace: 'gvisor-system' } };
    expect(checkManifests([namespace, elsewhere])).toHaveLength(1);
  });

  test("is no business of ours where it is somebody else's", () => {
    expect(checkManifests([{ ...namespace, metadata: { name: 'default' } }])).toEqual([]);
  });

  test('stops the chart', () => {
    const chart = platform();
    const denies = chart.node
      .findAll()
      .filter(
        (one) => one instanceof ApiObject && one.node.path.endsWith('kata-system-default-deny'),
      );
    expect(denies).toHaveLength(1);
    for (const { node } of denies) node.scope?.node.tryRemoveChild(node.id);
    expect(() => manifests(chart)).toThrow('Namespace/kata-system');
  });
});
