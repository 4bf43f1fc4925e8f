/**
 * `pulumi` as its user runs it: the real engine with the real provider, from an empty cluster of this computer to an empty
 * cluster again. The tests follow one stack through its life, so each goes on where the one before it stopped.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { SandboxChart, type SandboxConfig } from '../../constructs';
import type { KubernetesApi } from '../../kubernetes/api';
import { connect } from '../../kubernetes/client';
import { referenceOf, stringAt } from '../../kubernetes/object';
import { planDeployment, type PlannedObject } from '../../deploy/plan';
import { startCluster, stopCluster, type LocalCluster } from '../../local/cluster';
import { startPodBackend } from '../../local/pod-backend';
import { clusterStateDir } from '../../local/paths';
import { markOf } from '../../local/processes/marked';
import { forLocalCluster } from '../../infra/clusters/local-settings';
import type { VerificationReport } from '../../verify/step';
import { bundleSources } from '../../programs/bundle';
import { ROOT, secureAi } from '../e2e/support/command';
import { PLANNED } from '../e2e/support/planned';
import { NotYet, until } from '../e2e/support/wait';
import { auditIds, providerWrites, type Written } from './support/audit';
import { endOrphans } from '../support/orphans';
import { ownCluster, runOf } from './support/clusters';
import { makeProject, type PulumiProject } from './support/project';

/** With a cold cache, Kubernetes and Pulumi are built first. */
const SETUP_TIMEOUT_MILLISECONDS = 3_600_000;

jest.setTimeout(300_000);

const name = ownCluster();
let cluster: LocalCluster;
let api: KubernetesApi;
let project: PulumiProject;
let plan: readonly PlannedObject[];

beforeAll(async () => {
  await endOrphans(runOf);
  // What a killed engine leaves ends with the cluster.
  project = await makeProject(markOf(clusterStateDir(name), 'pulumi'));
  cluster = await startCluster({ name });
  await startPodBackend(cluster, { nodes: 0 });
  api = await connect({ kubeconfig: cluster.kubeconfig });
  plan = await planOf('shipped');
}, SETUP_TIMEOUT_MILLISECONDS);

afterAll(async () => {
  await stopCluster(name);
  project?.remove();
});

/** sandbox.config.ts in the folder of the test, after an edit. */
function settings(version: string, edit = (text: string): string => text): string {
  const constructs = JSON.stringify(join(ROOT, 'constructs'));
  const shipped = readFileSync(join(ROOT, 'sandbox.config.ts'), 'utf8');
  const file = join(project.folder, `${version}.config.ts`);
  writeFileSync(file, edit(shipped.replace(`'./constructs'`, constructs)));
  return file;
}

/** What a stack with these settings consists of. */
async function planOf(...version: Parameters<typeof settings>): Promise<readonly PlannedObject[]> {
  const { default: config } = (await import(settings(...version))) as { default: SandboxConfig };
  const chart = new SandboxChart(new App(), 'secure-ai-sandbox', {
    config: (await forLocalCluster(clusterStateDir(name)))(config),
    bundles: bundleSources(),
  });
  return planDeployment(chart);
}

function stackWith(version: string): void {
  project.configure({
    cluster: 'local',
    name,
    settings: join(project.folder, `${version}.config.ts`),
  });
}

/** The object with this id, or the only one of this kind. */
function planned(id: string): PlannedObject {
  const found = plan.filter((object) => object.id === id || object.manifest.kind === id);
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`the plan has ${found.length} of ${id}`);
  return found[0];
}

const idsOf = (objects: readonly PlannedObject[]): string[] => objects.map(({ id }) => id).sort();

async function present(): Promise<string[]> {
  const found = await Promise.all(
    plan.map(async ({ id, manifest }) => ((await api.get(referenceOf(manifest))) ? [id] : [])),
  );
  return found.flat();
}

/**
 * Requests that came before the answer to one that had to be first.
 *
 * @param firstOf ids of the objects that have to be first
 */
function tooEarly(
  times: ReadonlyMap<string, Written>,
  firstOf: (object: PlannedObject) => readonly string[],
): string[] {
  const timeOf = (id: string): Written => {
    const time = times.get(id);
    if (time === undefined) throw new Error(`the provider did not write ${id}`);
    return time;
  };
  return plan.flatMap((object) =>
    firstOf(object)
      .filter((first) => timeOf(object.id).received < timeOf(first).answered)
      .map((first) => `${object.id} before ${first}`),
  );
}

const dependents = ({ id }: PlannedObject): string[] =>
  idsOf(plan.filter(({ dependsOn }) => dependsOn.includes(id)));

describe('a stack that cannot be deployed', () => {
  test('is refused at preview with everything that is wrong, and nothing is touched', async () => {
    project.configure({ cluster: 'existing', name: 'Not A Name', settings: 'nowhere.ts' });
    const { status, output } = await project.run('preview');
    expect(status).not.toBe(0);
    expect(output).toContain('STACK_INVALID');
    expect(output).toMatch(/^\s*name: .* Fix: /m);
    expect(output).toMatch(/^\s*settings: file nowhere\.ts does not exist\. Fix: /m);
    expect(await present()).toEqual([]);
  });
});

describe('pulumi up', () => {
  test('that is interrupted stops in good order, and one that is killed leaves its lock', async () => {
    stackWith('shipped');
    const interrupted = project.start('up', '--yes', '--skip-preview');
    await until('a dozen objects', () => {
      const { size } = interrupted.log().operations;
      return size >= 12 || new NotYet(`${size} objects`);
    });
    interrupted.kill('SIGINT');
    const { status, output } = await interrupted.ended;
    expect(status).not.toBe(0);
    expect(output).toContain('cancel');
    expect(await project.recorded()).toEqual(expect.arrayContaining(await present()));

    const killed = project.start('up', '--yes', '--skip-preview');
    await until('a dozen more objects', () => {
      const { size } = killed.log().operations;
      return size >= 12 || new NotYet(`${size} more objects`);
    });
    killed.kill('SIGKILL');
    expect((await killed.ended).status).toBeNull();

    const locked = await project.run('up', '--yes', '--skip-preview');
    expect(locked.status).not.toBe(0);
    expect(locked.output).toContain('locked');
    expect((await present()).length).toBeLessThan(plan.length);
  });

  test('goes on where that stopped, and leaves every object of the tree', async () => {
    expect((await project.run('cancel', '--yes')).status).toBe(0);
    const { status, output } = await project.run('up', '--yes', '--skip-preview');
    if (status !== 0) throw new Error(output);
    expect((await present()).sort()).toEqual(idsOf(plan));
    expect(await project.recorded()).toEqual(expect.arrayContaining(idsOf(plan)));
  });

  test('has made each object after all that it depends on', async () => {
    const { created } = providerWrites(cluster, await auditIds(api, plan));
    expect([...created.keys()].sort()).toEqual(idsOf(plan));
    expect(tooEarly(created, ({ dependsOn }) => dependsOn)).toEqual([]);
  });

  test('deploys a platform that works', async () => {
    const { stdout } = await secureAi(['verify', '--kubeconfig', cluster.kubeconfig, '--json']);
    const { counts, steps } = JSON.parse(stdout) as VerificationReport;
    expect(steps.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(counts.pass).toBeGreaterThan(0);
  });

  test('again has nothing to do', async () => {
    const { status, log } = await project.run('up', '--yes', '--expect-no-changes');
    expect([status, log.errors, [...log.operations]]).toEqual([0, [], []]);
    expect(Object.keys(log.changes ?? {})).toEqual(['same']);
  });

  test('after the change of a rule changes what the rule is in, in place, and nothing else', async () => {
    const changed = await planOf('edited', (text) => text.replace("gt: '4'", "gt: '8'"));
    const expected = changed.filter(
      ({ id, manifest }) => JSON.stringify(manifest) !== JSON.stringify(planned(id).manifest),
    );
    expect(expected.length).toBeGreaterThan(0);
    stackWith('edited');
    const { status, log } = await project.run('up', '--yes', '--skip-preview');
    expect([status, log.errors]).toEqual([0, []]);
    expect([...log.operations.keys()].sort()).toEqual(idsOf(expected));
    expect(new Set(log.operations.values())).toEqual(new Set(['update']));
    plan = changed;
  });
});

describe('pulumi refresh', () => {
  const constraint = () => planned('K8sSandboxedRuntime');

  test('sees what somebody changed by hand, and the next up puts it right', async () => {
    const { id, manifest } = constraint();
    const reference = referenceOf(manifest);
    await api.patch(reference, { spec: { enforcementAction: 'dryrun' } });
    const { status, log } = await project.run('refresh', '--yes', '--skip-preview');
    expect([status, log.errors]).toEqual([0, []]);

    const up = await project.run('up', '--yes', '--skip-preview');
    expect([up.status, up.log.errors]).toEqual([0, []]);
    expect([...up.log.operations.keys()]).toEqual([id]);
    const after = await api.get(reference);
    expect(stringAt(after, 'spec', 'enforcementAction')).toBe(
      stringAt(manifest, 'spec', 'enforcementAction'),
    );
  });

  test('sees what somebody deleted, and the next up makes it again', async () => {
    const { id, manifest } = constraint();
    await api.delete(referenceOf(manifest));
    await until('gone', async () => !(await api.get(referenceOf(manifest))) || new NotYet(id));
    expect((await project.run('refresh', '--yes', '--skip-preview')).status).toBe(0);
    const up = await project.run('up', '--yes', '--skip-preview');
    expect([up.status, [...up.log.operations]]).toEqual([0, [[id, 'create']]]);
    expect(await api.get(referenceOf(manifest))).toBeDefined();
  });
});

describe('pulumi destroy', () => {
  let ids: ReadonlyMap<string, string>;

  test('leaves nothing', async () => {
    ids = await auditIds(api, plan);
    const { status, log } = await project.run('destroy', '--yes', '--skip-preview');
    expect([status, log.errors]).toEqual([0, []]);
    expect(await present()).toEqual([]);
    expect(await project.recorded()).toEqual([]);
  });

  test('takes each object away before what it depends on, webhooks before who answers them', () => {
    const { deleted } = providerWrites(cluster, ids);
    expect([...deleted.keys()].sort()).toEqual(idsOf(plan));
    expect(tooEarly(deleted, dependents)).toEqual([]);

    const { mutator, mutatorConfiguration, gatekeeper, gatekeeperConfiguration } = PLANNED;
    const servers = new Map<string, string>([
      [mutator, mutatorConfiguration],
      [gatekeeper, gatekeeperConfiguration],
    ]);
    const webhook = ({ id }: PlannedObject): string[] => [servers.get(id) ?? []].flat();
    expect(tooEarly(deleted, webhook)).toEqual([]);
  });
});
