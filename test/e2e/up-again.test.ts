/** `secure-ai up` on a cluster that has everything already, or nearly. */
import { dirname } from 'node:path';
import { buildPlan } from '../../cli/settings';
import { asMember } from '../../deploy/apply-set';
import { objectId } from '../../kubernetes/object';
import { forLocalCluster } from '../../infra/clusters/local-settings';
import { MUTATOR, NAMESPACES } from '../../base/names';
import { secureAi } from './support/command';
import { CLUSTER_VARIABLE } from './support/environment';
import { NOTHING_TO_DO, up } from './support/main-job';
import { connectPlatform, type Platform } from './support/platform';

jest.setTimeout(300_000);

let platform: Platform;
let objects: number;

beforeAll(async () => {
  platform = await connectPlatform();
  objects = (await buildPlan(await forLocalCluster(dirname(platform.kubeconfig)))).length;
});

afterAll(() => platform?.close());

const cluster = process.env[CLUSTER_VARIABLE] ?? '';
const upAgain = () => up({ cluster, nodes: 0 });

const namespace = NAMESPACES.gatekeeper;
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', namespace };

test('everything is reported as it was, and nothing is touched', async () => {
  const { deployment, verification } = await upAgain();
  expect(deployment).toMatchObject({ ...NOTHING_TO_DO, unchanged: objects });
  expect(verification.counts.fail).toBe(0);
});

test('what was changed, deleted or is no longer planned is put right, and nothing else is touched', async () => {
  const changed = { ...configMap, name: MUTATOR.policyConfigMap };
  const deleted = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    namespace,
    name: MUTATOR.name,
  };
  const unplanned = { ...configMap, name: 'of-an-older-version' };
  const before = await platform.api.get(changed);
  await platform.api.patch(changed, { data: { 'policy.json': '{}' } });
  await platform.api.delete(deleted);
  const { apiVersion, kind, ...metadata } = unplanned;
  await platform.api.apply(asMember({ apiVersion, kind, metadata }));

  const { deployment } = await upAgain();
  expect(deployment).toMatchObject({
    created: 1,
    configured: 1,
    unchanged: objects - 2,
    pruned: { ...NOTHING_TO_DO.pruned, deleted: [objectId(unplanned)] },
  });
  expect((await platform.api.get(changed))?.['data']).toEqual(before?.['data']);
  expect(await platform.api.get(deleted)).toMatchObject({ kind: 'PodDisruptionBudget' });
  expect(await platform.api.get(unplanned)).toBeUndefined();
});

test('people get the table, the counts, and at the end where the cluster is', async () => {
  const { status, stdout } = await secureAi(['up', '--cluster', cluster, '--nodes', '0']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^RESULT +STEP +OBSERVED$/m);
  expect(stdout).toMatch(/^15 passed, 0 failed, 4 not run$/m);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(`export KUBECONFIG=${platform.kubeconfig}`);
});
