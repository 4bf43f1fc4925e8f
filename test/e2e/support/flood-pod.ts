/** A pod of a tenant that holds connections to the plain ports of the mutator's replicas; on real nodes only. */
import { listAt, stringAt, valueAt, type KubernetesObject } from '../../../kubernetes/object';
import { NAMESPACES } from '../../../base/names';
import { VERSIONS } from '../../../base/versions';
import { messageOf, pod } from '../../fixtures/pods';
import type { Platform } from './platform';
import { isReady, MUTATOR_PODS, podsOf, restart } from './rollout';
import { NotYet, until } from './wait';

/** Held to each port of each replica. */
const CONNECTIONS = 64;

/** How long they are held: twelve liveness probes of a replica, 24 readiness probes. */
const HELD_SECONDS = 120;

const PORTS = [9090, 9091];

const NAME = 'holds-connections';

export interface FloodSetting {
  readonly platform: Platform;
  /** One the platform is turned on for. */
  readonly namespace: string;
}

/** Declares the test. */
export function describeFlood(setting: () => FloodSetting): void {
  test('64 idle connections from a pod to each health and metrics port, for two minutes: no probe fails, no replica restarts', () =>
    holdConnections(setting()));
}

async function holdConnections({ platform, namespace }: FloodSetting): Promise<void> {
  // New pods, whose events are none but of their own start.
  await restart(platform, MUTATOR_PODS);
  const before = await conditionOf(platform);
  const addresses = (await podsOf(platform, MUTATOR_PODS)).map((live) =>
    stringAt(live, 'status', 'podIP'),
  );
  const { status, body } = await platform.server.send({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/pods`,
    body: floodPod(namespace, addresses as string[]),
  });
  if (status !== 201) throw new Error(messageOf(body));
  const untilPhase = (...phases: string[]) =>
    until(`the pod that holds connections: ${phases.join(' or ')}`, async () => {
      const live = await platform.api.get({ apiVersion: 'v1', kind: 'Pod', namespace, name: NAME });
      const phase = stringAt(live, 'status', 'phase') ?? 'none';
      return phases.includes(phase) ? phase : new NotYet(phase);
    });
  await untilPhase('Running', 'Failed');
  const ended = await untilPhase('Succeeded', 'Failed');
  const held = await platform.api.logs(namespace, NAME);
  expect([ended, held.trim()]).toEqual([
    'Succeeded',
    expect.stringMatching(/^opened \d+$/) as string,
  ]);
  const wanted = CONNECTIONS * PORTS.length * addresses.length;
  expect(Number(held.trim().split(' ')[1])).toBeGreaterThanOrEqual(wanted);
  expect(await failedProbes(platform)).toEqual([]);
  expect(await conditionOf(platform)).toEqual(before);
}

async function conditionOf(platform: Platform): Promise<unknown> {
  return (await podsOf(platform, MUTATOR_PODS)).map((live) => [
    live.metadata.name,
    isReady(live),
    listAt(live, 'status', 'containerStatuses').map((one) => valueAt(one, 'restartCount')),
  ]);
}

/** Events in which the kubelet reports a failed probe of a replica that runs now, its startup probe aside. */
async function failedProbes(platform: Platform): Promise<unknown[]> {
  const names = (await podsOf(platform, MUTATOR_PODS)).map(({ metadata }) => metadata.name);
  const events = await platform.api.list({
    apiVersion: 'v1',
    kind: 'Event',
    namespace: NAMESPACES.gatekeeper,
  });
  return events
    .filter((event: KubernetesObject) => names.includes(stringAt(event, 'involvedObject', 'name')))
    .filter((event) => stringAt(event, 'reason') === 'Unhealthy')
    .map((event) => stringAt(event, 'message'))
    .filter((message) => message?.startsWith('Startup probe') !== true);
}

/** Runs in the pod: a connection that is closed is opened again, a tenth of a second later. */
const HOLD = `
const { connect } = require('node:net');
let opened = 0;
function open(host, port, words) {
  const socket = connect({ host, port }, () => { opened += 1; if (words) socket.write(words); });
  socket.on('error', () => undefined).resume();
  socket.on('close', () => setTimeout(open, 100, host, port, words));
}
const kinds = ['', 'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n', 'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'];
for (const host of process.env.HOSTS.split(','))
  for (const port of process.env.PORTS.split(','))
    for (let i = 0; i < ${CONNECTIONS}; i += 1) open(host, Number(port), kinds[i % kinds.length]);
setTimeout(() => { console.log('opened ' + opened); process.exit(0); }, ${HELD_SECONDS} * 1000);
`;

function floodPod(namespace: string, addresses: readonly string[]) {
  const body = pod({ namespace, name: NAME, label: 'gvisor' });
  const [container] = body.spec.containers;
  const spec = {
    ...body.spec,
    restartPolicy: 'Never',
    securityContext: { ...body.spec.securityContext, runAsUser: 65_534 },
    containers: [
      {
        ...container,
        // The image the node has for our own programs anyway.
        image: `docker.io/library/node:${VERSIONS.nodeImage}`,
        imagePullPolicy: 'IfNotPresent',
        command: ['node', '-e', HOLD],
        env: [
          { name: 'HOSTS', value: addresses.join(',') },
          { name: 'PORTS', value: PORTS.join(',') },
        ],
      },
    ],
  };
  return { ...body, spec };
}
