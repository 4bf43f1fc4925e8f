/**
 * What the platform adds to the creation of a pod: `node -r ts-node/register bench/pod-creation.ts CLUSTER [rounds]`, where CLUSTER is
 * a local cluster that `secure-ai up --cluster CLUSTER --nodes 0` has brought up.
 *
 * A second control plane without the platform is started beside it. Each round creates a pod in each arm, there and back (ABBA), the
 * next round beginning with the next arm, as dry runs on one connection to each API server, so that whatever else the computer does
 * falls on all alike; only ratios are to be quoted. `bare again` is the same as `bare` and shows what the measurement itself is worth. Promised: `not enabled` within 5 % of
 * `bare`; exit code 1 where that does not hold.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { findCluster, startCluster, stopCluster } from '../local/cluster';
import { ENABLED_LABEL } from '../base/names';
import { connectApiServer, type ApiServer } from '../test/fixtures/api-server';
import { pod } from '../test/fixtures/pods';

const [CLUSTER = 'secure-ai', ROUNDS = '300'] = process.argv.slice(2);
const WARM_UP_ROUNDS = 50;
/** The rounds are cut into as many parts, whose ratios show the spread. */
const PARTS = 6;
const PROMISED_RATIO = 1.05;
const BARE_CLUSTER = `${CLUSTER}-bare`;
const SERVICE_ACCOUNT_ATTEMPTS = 600;

interface Arm {
  readonly name: string;
  readonly server: ApiServer;
  readonly namespace: string;
  readonly durationsMs: number[];
}

async function makeArm(name: string, server: ApiServer, labels: object = {}): Promise<Arm> {
  const { body } = await server.send({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { generateName: 'bench-', labels } },
  });
  const namespace = (body as unknown as { metadata: { name: string } }).metadata.name;
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  for (let attempt = 0; attempt < SERVICE_ACCOUNT_ATTEMPTS; attempt++) {
    if ((await server.send({ method: 'GET', path })).status === 200)
      return { name, server, namespace, durationsMs: [] };
    await pause(100);
  }
  throw new Error(`no ServiceAccount in ${namespace}`);
}

async function create({ server, namespace, durationsMs }: Arm): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
  const body = pod({ namespace, label: 'kata' });
  const before = performance.now();
  const answer = await server.send({ method: 'POST', path, body });
  durationsMs.push(performance.now() - before);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
}

async function measure(arms: readonly Arm[], rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const first = round % arms.length;
    const order = [...arms.slice(first), ...arms.slice(0, first)];
    for (const arm of [...order, ...[...order].reverse()]) await create(arm);
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Of the medians: over all rounds, and the least and the greatest of its parts. */
function ratio(over: Arm, under: Arm): { whole: number; least: number; greatest: number } {
  const size = Math.ceil(under.durationsMs.length / PARTS);
  const part = ({ durationsMs }: Arm, index: number) =>
    median(durationsMs.slice(index * size, (index + 1) * size));
  const parts = Array.from({ length: PARTS }, (_, i) => part(over, i) / part(under, i));
  const whole = median(over.durationsMs) / median(under.durationsMs);
  return { whole, least: Math.min(...parts), greatest: Math.max(...parts) };
}

async function main(): Promise<void> {
  const platform = await findCluster(CLUSTER);
  if (platform === undefined) throw new Error(`cluster ${CLUSTER} does not exist`);
  const servers: ApiServer[] = [];
  const connect = async (kubeconfig: string) => {
    const server = await connectApiServer(kubeconfig);
    servers.push(server);
    return server;
  };
  const arms: Arm[] = [];
  try {
    const bareCluster = await startCluster({ name: BARE_CLUSTER });
    const [bareServer, platformServer] = [
      await connect(bareCluster.kubeconfig),
      await connect(platform.kubeconfig),
    ];
    // The pods' RuntimeClass label is only a label to a cluster without the platform.
    arms.push(await makeArm('bare', bareServer));
    arms.push(await makeArm('not enabled', platformServer));
    arms.push(await makeArm('bare again', bareServer));
    arms.push(await makeArm('enabled', platformServer, { [ENABLED_LABEL]: 'true' }));
    await measure(arms, WARM_UP_ROUNDS);
    for (const { durationsMs } of arms) durationsMs.length = 0;
    await measure(arms, Number(ROUNDS));

    const [bare] = arms as [Arm, ...Arm[]];
    for (const arm of arms) {
      const { whole, least, greatest } = ratio(arm, bare);
      const range = `${least.toFixed(2)} to ${greatest.toFixed(2)}`;
      console.log(
        `${arm.name.padEnd(12)} p50 ${median(arm.durationsMs).toFixed(2).padStart(7)} ms   ratio to bare ${whole.toFixed(3)} (${range} in ${PARTS} parts)`,
      );
    }
    const held = ratio(arms[1] as Arm, bare).whole <= PROMISED_RATIO;
    console.log(held ? 'the promise holds' : `not enabled is over ${PROMISED_RATIO} of bare`);
    if (!held) process.exitCode = 1;
  } finally {
    for (const { server, namespace } of arms)
      await server.send({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
    for (const server of servers) server.close();
    await stopCluster(BARE_CLUSTER);
  }
}

void main();
