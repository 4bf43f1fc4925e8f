/**
 * What an update of a pod of many containers takes beside one of a pod with one container:
 * `node -r ts-node/register bench/pod-update.ts CLUSTER [rounds]`, where CLUSTER is a local cluster that
 * `secure-ai up --cluster CLUSTER --nodes 0` has brought up.
 *
 * Four pods take turns in one run: one container and many sidecars, each in an enabled namespace and in one that is not. Only ratios
 * are to be quoted. The API server by itself is slower on the large pod, so what counts is the ratio of slowdowns: how many times more
 * enabling the namespace slows the large pod than the small one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { findCluster } from '../local/cluster';
import { ENABLED_LABEL } from '../base/names';
import { connectApiServer, type ApiServer } from '../test/fixtures/api-server';
import { SIDECARS, sidecarPod, UPDATES, updateMilliseconds } from '../test/fixtures/many-sidecars';

const [CLUSTER = 'secure-ai', ROUNDS = '60'] = process.argv.slice(2);
const WARM_UP_ROUNDS = 5;
const SERVICE_ACCOUNT_ATTEMPTS = 600;

async function makeNamespace(server: ApiServer, name: string, labels: object): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  const answer = await server.send({ method: 'POST', path: '/api/v1/namespaces', body });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
}

async function makePod(server: ApiServer, options: Parameters<typeof sidecarPod>[0]) {
  const path = `/api/v1/namespaces/${options.namespace}/pods`;
  // The namespace's ServiceAccount appears a moment after the namespace.
  for (let attempt = 0; attempt < SERVICE_ACCOUNT_ATTEMPTS; attempt++) {
    const answer = await server.send({ method: 'POST', path, body: sidecarPod(options) });
    if (answer.status === 201) return { namespace: options.namespace, name: options.name };
    if (!/serviceaccount/i.test(JSON.stringify(answer.body)))
      throw new Error(JSON.stringify(answer.body));
    await pause(100);
  }
  throw new Error(`no ServiceAccount in ${options.namespace}`);
}

function print(title: string, medians: readonly number[]): void {
  const [one = NaN, many = NaN, plainOne = NaN, plainMany = NaN] = medians;
  const times = (a: number, b: number) => (a / b).toFixed(2);
  console.log(`update ${title}`);
  console.log(
    `  ${SIDECARS} sidecars over one container, not enabled  ${times(plainMany, plainOne)}`,
  );
  console.log(`  ${SIDECARS} sidecars over one container, enabled      ${times(many, one)}`);
  console.log(`  enabled over not enabled, one container       ${times(one, plainOne)}`);
  console.log(`  enabled over not enabled, ${SIDECARS} sidecars        ${times(many, plainMany)}`);
  console.log(
    `  ratio of slowdowns                            ${times(many / plainMany, one / plainOne)}`,
  );
}

async function main(): Promise<void> {
  const cluster = await findCluster(CLUSTER);
  if (cluster === undefined) throw new Error(`cluster ${CLUSTER} does not exist`);
  const server = await connectApiServer(cluster.kubeconfig);
  const namespaces = ['enabled', 'plain'].map((kind) => `bench-update-${kind}-${process.pid}`);
  try {
    const targets = [];
    for (const [index, namespace] of namespaces.entries()) {
      await makeNamespace(server, namespace, index === 0 ? { [ENABLED_LABEL]: 'true' } : {});
      targets.push(await makePod(server, { namespace, name: 'one', sidecars: 0 }));
      targets.push(await makePod(server, { namespace, name: 'many', sidecars: SIDECARS }));
    }
    for (const [title, change] of Object.entries(UPDATES)) {
      await updateMilliseconds({ server }, targets, { rounds: WARM_UP_ROUNDS, change });
      const rounds = Number(ROUNDS);
      print(title, await updateMilliseconds({ server }, targets, { rounds, change }));
    }
  } finally {
    for (const namespace of namespaces)
      await server.send({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
    server.close();
  }
}

void main();
