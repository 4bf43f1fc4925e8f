/** The main job with Pulumi as the deployer: its Automation API, from `secure-ai up` to `secure-ai down`. */
import { existsSync } from 'node:fs';
import { buildPlan } from '../../cli/settings';
import { stopCluster } from '../../local/cluster';
import { markedProcesses } from '../../local/processes/marked';
import { clusterStateDir } from '../../local/paths';
import { forLocalCluster } from '../../infra/clusters/local-settings';
import type { VerificationReport } from '../../verify/step';
import { secureAi } from '../e2e/support/command';
import { down, NOTHING_TO_DO } from '../e2e/support/main-job';
import { endOrphans } from '../support/orphans';
import { ownCluster, runOf } from './support/clusters';

/** With a cold cache, Kubernetes and Pulumi are built first. */
const UP_TIMEOUT_MILLISECONDS = 3_600_000;

jest.setTimeout(300_000);

const cluster = ownCluster('-up');

beforeAll(() => endOrphans(runOf));

afterAll(() => stopCluster(cluster));

/** Settings a user has for other projects, each of which would keep the engine from this one. */
const OF_OTHER_PROJECTS = {
  PULUMI_BACKEND_URL: 'file:///nonexistent',
  PULUMI_CONFIG_PASSPHRASE: 'of another project',
  PULUMI_IGNORE_AMBIENT_PLUGINS: 'true',
};

const up = (...options: string[]) =>
  secureAi(['up', '--cluster', cluster, '--nodes', '0', '--json', ...options], {
    env: OF_OTHER_PROJECTS,
    timeoutMilliseconds: UP_TIMEOUT_MILLISECONDS,
  });

interface UpReport {
  readonly deployment: Readonly<Record<string, unknown>>;
  readonly verification: VerificationReport;
}

/** Objects of the plan, for the cluster once it runs. */
const plannedCount = async () =>
  (await buildPlan(await forLocalCluster(clusterStateDir(cluster)))).length;

test(
  'deploys the whole platform, which then works',
  async () => {
    const { status, stdout } = await up('--deployer', 'pulumi');
    const total = await plannedCount();
    const { deployment, verification } = JSON.parse(stdout) as UpReport;
    expect(deployment).toEqual({
      ...NOTHING_TO_DO,
      deployer: 'pulumi',
      created: total,
      unchanged: 0,
    });
    expect(verification.steps.filter((step) => step.status === 'fail')).toEqual([]);
    expect(verification.counts.pass).toBeGreaterThan(0);
    expect(status).toBe(0);
  },
  UP_TIMEOUT_MILLISECONDS,
);

test('goes on by Pulumi without being told, and has nothing to do', async () => {
  const total = await plannedCount();
  const { status, stdout } = await up();
  const { deployment } = JSON.parse(stdout) as UpReport;
  expect(deployment).toEqual({ ...NOTHING_TO_DO, deployer: 'pulumi', unchanged: total });
  expect(status).toBe(0);
});

test('is not taken over by the other deployer', async () => {
  const { status, stdout } = await up('--deployer', 'apply');
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE_INVALID' } });
  expect(status).not.toBe(0);
});

test('ends with the cluster, state and all', async () => {
  await down(cluster);
  expect(existsSync(clusterStateDir(cluster))).toBe(false);
  expect(await markedProcesses(clusterStateDir(cluster))).toEqual([]);
});
