/** The verb `label`: the container that has a token for this node, and nothing of the host. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Gauge, Registry } from 'prom-client';
import { SHARED_ERRORS, SandboxError } from '../../base/errors';
import { portFlag, readFlags, secondsFlag, textFlag, type Flags } from '../../programs/flags';
import { listen, stopSignal } from '../../programs/program';
import { connectApi, type Api } from '../../programs/in-cluster-api';
import { createHealthServer, createMetricsServer } from '../../programs/telemetry/health';
import { reasonOf, type Log } from '../../programs/telemetry/log';
import {
  statusReader,
  withdrawFarewell,
  writeShutdownDecision,
  type InstallStatus,
} from '../shared-directories';
import { EXCHANGE_FLAGS } from '../install/flags';
import { decideFarewell } from './shutdown-decision';
import { reconcileNode, withholdNode, type NodeMarks, type NodeState } from './node';

const FLAGS = {
  node: { kind: textFlag },
  namespace: { kind: textFlag },
  daemonset: { kind: textFlag },
  label: { kind: textFlag },
  'startup-taint': { kind: textFlag, otherwise: null },
  handler: { kind: textFlag, otherwise: 'runsc' },
  ...EXCHANGE_FLAGS,
  'health-port': { kind: portFlag, otherwise: 9090 },
  'metrics-port': { kind: portFlag, otherwise: 9091 },
  'bind-address': { kind: textFlag, otherwise: null },
  'service-account-dir': {
    kind: textFlag,
    otherwise: '/var/run/secrets/kubernetes.io/serviceaccount',
  },
  'poll-seconds': { kind: secondsFlag(0.05), otherwise: 60_000 },
  'farewell-seconds': { kind: secondsFlag(0), otherwise: 30_000 },
} as const;

/** Between looks while something is expected to change soon. */
const SOON_MS = 2_000;

export async function label(log: Log, argv: readonly string[]): Promise<void> {
  const flags = readFlags(FLAGS, argv);
  const api = apiOf(flags, process.env);
  const marks: NodeMarks = {
    node: flags.node,
    label: flags.label,
    startupTaint: flags['startup-taint'],
    handler: flags.handler,
  };
  const readStatus = statusReader(flags['status-dir'], log);
  await withdrawFarewell(flags['farewell-dir']);
  let state: NodeState = 'unknown';
  const registry = new Registry();
  new Gauge({
    name: 'secure_ai_gvisor_offered',
    help: '1 while the node is labelled as one that runs gVisor',
    registers: [registry],
    collect() {
      this.set(state === 'offered' ? 1 : 0);
    },
  });
  const health = createHealthServer(() => new Map(state === 'offered' ? [] : [['gvisor', state]]));
  const port = await listen(health, flags['health-port'], flags['bind-address']);
  log.info({ port }, 'health listening');
  const scraped = createMetricsServer(registry);
  const metricsPort = await listen(scraped, flags['metrics-port'], flags['bind-address']);
  log.info({ port: metricsPort }, 'metrics listening');

  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  while (!stop.signal.aborted) {
    const before: NodeState = state;
    state = (await look(log, api, marks, await readStatus())) ?? state;
    if (state !== before) log.info({ state }, 'node');
    const waitMs = state === 'offered' ? flags['poll-seconds'] : SOON_MS;
    await sleep(Math.min(waitMs, flags['poll-seconds']), undefined, { signal: stop.signal }).catch(
      () => undefined,
    );
  }
  await sayFarewell(log, api, marks, flags);
}

/** Undefined where the API server could not be asked or told. */
async function look(
  log: Log,
  api: Api,
  marks: NodeMarks,
  status: InstallStatus | undefined,
): Promise<NodeState | undefined> {
  try {
    return await reconcileNode(api, marks, status);
  } catch (error) {
    log.error({ reason: reasonOf(error) }, 'the node could not be looked at or patched');
    return undefined;
  }
}

/** The label goes before anything on the host does. When the API server cannot be asked in time, everything stays. */
async function sayFarewell(
  log: Log,
  api: Api,
  marks: NodeMarks,
  flags: Flags<typeof FLAGS>,
): Promise<void> {
  const deadline = Date.now() + flags['farewell-seconds'];
  const daemonSet = { namespace: flags.namespace, name: flags.daemonset };
  for (;;) {
    try {
      const action = await decideFarewell(api, daemonSet, marks.node);
      if (action === 'uninstall') await withholdNode(api, marks);
      log.info({ action }, 'farewell');
      return await writeShutdownDecision(flags['farewell-dir'], { action });
    } catch (error) {
      log.error({ reason: reasonOf(error) }, 'cannot learn why this pod ends');
      if (Date.now() >= deadline)
        return writeShutdownDecision(flags['farewell-dir'], { action: 'keep' });
      await sleep(SOON_MS);
    }
  }
}

function apiOf(flags: Flags<typeof FLAGS>, environment: NodeJS.ProcessEnv): Api {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = environment;
  if (host === '' || portFlag.read(port) === undefined) {
    throw new SandboxError(SHARED_ERRORS.USAGE_INVALID, [
      {
        path: 'KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT',
        reason: 'do not name an API server',
        fix: 'Run in a pod, or set both',
      },
    ]);
  }
  return connectApi({
    host,
    port: Number(port),
    serviceAccountDir: flags['service-account-dir'],
    fieldManager: 'secure-ai-gvisor-installer',
  });
}
