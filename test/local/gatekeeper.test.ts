import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startCluster, stopCluster, type LocalCluster } from '../../local/cluster';
import { startHostPods } from '../../local/host-pods/start';
import { resolveTools } from '../../local/toolchain/resolve';
import { toolNamed } from '../../local/toolchain/tools';
import { stringify } from 'yaml';
import { eventually, useScratchCache, type Scratch } from './scratch';

const run = promisify(execFile);

jest.setTimeout(120_000);

let scratch: Scratch;
let cluster: LocalCluster;
let kubectl: (...args: string[]) => Promise<string>;

beforeAll(async () => {
  scratch = useScratchCache();
  const tools = await resolveTools(['kubectl']);
  cluster = await startCluster({ name: 'gatekeeper' });
  await startHostPods(cluster);
  kubectl = async (...args) => {
    const options = { timeout: 60_000 };
    return (await run(tools.kubectl, [`--kubeconfig=${cluster.kubeconfig}`, ...args], options))
      .stdout;
  };
}, 1_800_000);

afterAll(async () => {
  await stopCluster('gatekeeper');
  scratch.remove();
});

const apply = async (...objects: unknown[]): Promise<void> => {
  const file = join(scratch.folder, 'objects.yaml');
  writeFileSync(file, objects.map((object) => stringify(object)).join('---\n'));
  await kubectl('apply', '--server-side', '-f', file);
};

test("Gatekeeper's own manifest, unchanged, becomes available", async () => {
  const { moduleDir, package: module } = toolNamed('gatekeeper');
  const { stdout } = await run('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: moduleDir });
  await kubectl('apply', '--server-side', '-f', join(stdout.trim(), 'deploy', 'gatekeeper.yaml'));
  await kubectl(
    '-n',
    'gatekeeper-system',
    'wait',
    '--for=condition=Available',
    'deployment',
    '--all',
    '--timeout=55s',
  );
});

test('it puts its certificate authority into its webhooks', async () => {
  const path = '-o=jsonpath={.webhooks[*].clientConfig.caBundle}';
  const name = 'gatekeeper-validating-webhook-configuration';
  const bundles = await kubectl('get', 'validatingwebhookconfiguration', name, path);
  expect(bundles.split(' ')).toHaveLength(2);
});

test('a template and a constraint deny through its Service', async () => {
  const rego = [
    'package k8sowner',
    'violation[{"msg": "no owner"}] { not input.review.object.metadata.labels.owner }',
  ].join('\n');
  await apply({
    apiVersion: 'templates.gatekeeper.sh/v1',
    kind: 'ConstraintTemplate',
    metadata: { name: 'k8sowner' },
    spec: {
      crd: { spec: { names: { kind: 'K8sOwner' } } },
      targets: [{ target: 'admission.k8s.gatekeeper.sh', rego }],
    },
  });
  const constraint = {
    apiVersion: 'constraints.gatekeeper.sh/v1beta1',
    kind: 'K8sOwner',
    metadata: { name: 'owner' },
    spec: {
      match: { kinds: [{ apiGroups: [''], kinds: ['ConfigMap'] }], namespaces: ['default'] },
    },
  };
  await eventually('the kind of the template is served', () =>
    apply(constraint).then(
      () => true,
      () => undefined,
    ),
  );
  const attempt = (...labels: string[]): Promise<string> => {
    const metadata = {
      name: 'probe',
      labels: Object.fromEntries(labels.map((label) => [label, 'x'])),
    };
    const file = join(scratch.folder, 'probe.yaml');
    writeFileSync(file, stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata }));
    return kubectl('create', '--dry-run=server', '-f', file).catch(
      (error: { stderr: string }) => error.stderr,
    );
  };
  const denial = await eventually('it denies', async () => {
    const message = await attempt();
    return message.includes('denied') ? message : undefined;
  });
  expect(denial).toContain(
    'admission webhook "validation.gatekeeper.sh" denied the request: [owner] no owner',
  );
  expect(await attempt('owner')).toContain('created');
});

test('every one of its pods reports the constraint under its own name', async () => {
  const names = async (...args: string[]) =>
    (await kubectl('get', ...args)).trim().split(/\s+/).sort();
  const pods = await names(
    'pods',
    '-n',
    'gatekeeper-system',
    '-o=jsonpath={.items[*].metadata.name}',
  );
  expect(pods).toHaveLength(4);
  await eventually('all four report', async () => {
    const reporters = await names('k8sowner', 'owner', '-o=jsonpath={.status.byPod[*].id}');
    return JSON.stringify(reporters) === JSON.stringify(pods) || undefined;
  });
});
