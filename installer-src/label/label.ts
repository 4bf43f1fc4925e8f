/** The verb `label`, which keeps the label and the startup taint of the node. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Gauge, Registry } from 'prom-client';
import { connectOwnApi, type Api } from '../../programs/in-cluster-api';
import type { Flags } from '../../programs/flags';
import { serveTelemetry, stopSignal } from '../../programs/program';
import { reasonOf, type Log } from '../../programs/telemetry/log';
import {
  removeShutdownDecision,
  statusReader,
  writeShutdownDecision,
  type InstallStatus,
} from '../shared-directories';
import type { LABEL_FLAGS } from './flags';
import { decideShutdown } from './shutdown-decision';
import { reconcileNode, withholdNode, type NodeMarks, type NodeState } from './node';

/** Between checks while a change is expected soon. */
const SOON_MS = 2_000;

export async function label(log: Log, flags: Flags<typeof LABEL_FLAGS>): Promise<void> {
  const api = connectOwnApi(process.env, {
    serviceAccountDir: flags['service-account-dir'],
    fieldManager: 'secure-ai-gvisor-installer',
  });
  const marks: NodeMarks = {
    node: flags.node,
    label: flags.label,
    startupTaint: flags['startup-taint'],
    handler: flags.handler,
  };
  const readStatus = statusReader(flags['status-dir'], log);
  await removeShutdownDecision(flags['shutdown-dir']);
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
  await serveTelemetry(log, flags, {
    unready: () => new Map(state === 'offered' ? [] : [['gvisor', state]]),
    metrics: registry,
  });

  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  while (!stop.signal.aborted) {
    const before: NodeState = state;
    state = (await check(log, api, marks, await readStatus())) ?? state;
    if (state !== before) log.info({ state }, 'node');
    const waitMs = state === 'offered' ? flags['poll-seconds'] : SOON_MS;
    await sleep(Math.min(waitMs, flags['poll-seconds']), undefined, { signal: stop.signal }).catch(
      () => undefined,
    );
  }
  await reportShutdown(log, api, marks, flags);
}

/** Undefined where a request to the API server failed. */
async function check(
  log: Log,
  api: Api,
  marks: NodeMarks,
  status: InstallStatus | undefined,
): Promise<NodeState | undefined> {
  try {
    return await reconcileNode(api, marks, status);
  } catch (error) {
    log.error({ reason: reasonOf(error) }, 'the node cannot be read or patched');
    return undefined;
  }
}

/** The label is removed before anything on the host. When the API server does not answer in time, everything stays. */
async function reportShutdown(
  log: Log,
  api: Api,
  marks: NodeMarks,
  flags: Flags<typeof LABEL_FLAGS>,
): Promise<void> {
  const deadline = Date.now() + flags['shutdown-seconds'];
  const daemonSet = { namespace: flags.namespace, name: flags.daemonset };
  for (;;) {
    try {
      const action = await decideShutdown(api, daemonSet, marks.node);
      if (action === 'uninstall') await withholdNode(api, marks);
      log.info({ action }, 'shutdown decision');
      return await writeShutdownDecision(flags['shutdown-dir'], { action });
    } catch (error) {
      log.error({ reason: reasonOf(error) }, 'cannot learn why this pod ends');
      if (Date.now() >= deadline)
        return writeShutdownDecision(flags['shutdown-dir'], { action: 'keep' });
      await sleep(SOON_MS);
    }
  }
}
