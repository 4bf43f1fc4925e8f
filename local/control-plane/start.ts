/** Starts the programs of a control plane and waits until they are ready. */
import type { ChildProcess } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { SandboxError } from '../../base/errors';
import { LOCAL_ERRORS } from '../errors';
import { connectByPath, type PathApi } from '../../kubernetes/by-path';
import { freePorts } from '../free-ports';
import type { Task } from '../progress';
import { endMarked } from '../processes/stop';
import { spawnMarked, tailOf, type Command } from '../processes/spawn';
import { waitFor } from '../../base/wait-until';
import {
  CONTROL_PLANE,
  KUBERNETES_SERVICE_ADDRESS,
  controlPlaneCommands,
  controlPlanePaths,
  type ControlPlaneLayout,
  type ControlPlanePorts,
} from './commands';
import { writeKubeconfig } from './kubeconfig';
import { writePki } from './pki';
import { writeWebhookClient } from './webhook-client';

/** Much longer than the 5 s that a start takes on an idle computer, for slow disks and busy CPUs. */
const READY_TIMEOUT_MILLISECONDS = 120_000;

/** How many times another process may take a port between choice and use. */
const PORT_ATTEMPTS = 5;

const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
`;

export interface StartControlPlane extends Omit<ControlPlaneLayout, 'ports'>, Task {
  /** Name of the cluster, for its kubeconfig. */
  readonly name: string;
}

/**
 * Starts a control plane in an empty state folder and waits until pods can be created. Returns the server's URL.
 * @throws SandboxError LOCAL_START_FAILED, with the end of the log of the process that failed; all processes are then ended
 */
export async function startControlPlane(options: StartControlPlane): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      await endMarked(options.stateDir, () => true, 0);
      if (!(error instanceof PortTaken) || attempt === PORT_ATTEMPTS) throw error;
      await rm(options.stateDir, { recursive: true, force: true });
      options.report('start again, because another process took a port');
    }
  }
}

class PortTaken extends SandboxError {}

async function startOnce(options: StartControlPlane): Promise<string> {
  const { stateDir, name, hostAddress, report, signal } = options;
  const paths = controlPlanePaths(stateDir);
  await mkdir(paths.etcdData, { recursive: true, mode: 0o700 });
  const ports = await choosePorts();
  const server = `https://127.0.0.1:${ports.apiServer}`;

  report('make keys and certificates');
  const certificates = await writePki(paths.pki, {
    hostAddress,
    serviceAddress: KUBERNETES_SERVICE_ADDRESS,
  });
  const kubeconfig = { cluster: name, server, ca: certificates.ca };
  const { admin, controllerManager, scheduler } = certificates;
  await writeKubeconfig(paths.adminKubeconfig, { ...kubeconfig, user: 'admin', client: admin });
  await writeKubeconfig(paths.kubeconfig('kube-controller-manager'), {
    ...kubeconfig,
    user: 'kube-controller-manager',
    client: controllerManager,
  });
  await writeKubeconfig(paths.kubeconfig('kube-scheduler'), {
    ...kubeconfig,
    user: 'kube-scheduler',
    client: scheduler,
  });
  await writeFile(paths.auditPolicy, AUDIT_POLICY);
  await writeWebhookClient(stateDir);

  const commands = controlPlaneCommands({ ...options, ports });
  const client = await connectByPath({ kubeconfig: paths.adminKubeconfig });
  const started: Started[] = [];
  const start = async (command: Command): Promise<void> => {
    signal?.throwIfAborted();
    started.push(watchExit(command, await spawnMarked(stateDir, command)));
  };
  const until = (what: string, condition: () => Promise<boolean>): Promise<void> => {
    report(`wait for ${what}`);
    return awaitReady({ what, condition, started, signal });
  };
  try {
    await start(commands.etcd);
    await start(commands['kube-apiserver']);
    await until('kube-apiserver', () => answers(client, '/readyz'));
    await start(commands['kube-controller-manager']);
    await start(commands['kube-scheduler']);
    await Promise.all([
      // Pods are refused until the controller manager has created this account.
      until('kube-controller-manager', () =>
        answers(client, '/api/v1/namespaces/default/serviceaccounts/default'),
      ),
      until('kube-scheduler', () => isHealthy(ports.scheduler)),
    ]);
  } finally {
    client.close();
  }
  return server;
}

async function choosePorts(): Promise<ControlPlanePorts> {
  const [etcdClient = 0, etcdPeer = 0, apiServer = 0, controllerManager = 0, scheduler = 0] =
    await freePorts(CONTROL_PLANE.length + 1);
  return { etcdClient, etcdPeer, apiServer, controllerManager, scheduler };
}

interface Started {
  readonly command: Command;
  /** How the process ended; `undefined` while it runs. */
  readonly ended: () => string | undefined;
}

function watchExit(command: Command, child: ChildProcess): Started {
  let ended: string | undefined;
  child.on('error', (error) => (ended = error.message));
  child.on(
    'exit',
    (code, signal) => (ended = signal === null ? `exit code ${code}` : `signal ${signal}`),
  );
  return { command, ended: () => ended };
}

interface Readiness {
  readonly what: string;
  readonly condition: () => Promise<boolean>;
  readonly started: readonly Started[];
  readonly signal: AbortSignal | undefined;
}

async function awaitReady({ what, condition, started, signal }: Readiness): Promise<void> {
  const ready = await waitFor(
    async () => {
      for (const { command, ended } of started) {
        const how = ended();
        if (how !== undefined) throw await startError(command, `it ended with ${how}`);
      }
      return (await condition()) ? true : undefined;
    },
    { timeoutMilliseconds: READY_TIMEOUT_MILLISECONDS, signal },
  );
  if (ready) return;
  const { command } = started.find(({ command: { role } }) => role === what) ?? {
    command: undefined,
  };
  if (command)
    throw await startError(
      command,
      `it was not ready after ${READY_TIMEOUT_MILLISECONDS / 1000} s`,
    );
}

async function startError(command: Command, reason: string): Promise<SandboxError> {
  const tail = await tailOf(command.logFile, 15);
  const taken = /address already in use/.test(tail);
  return new (taken ? PortTaken : SandboxError)(LOCAL_ERRORS.LOCAL_START_FAILED, [
    {
      path: command.role,
      reason: `${reason}; its log ends with:\n${tail}`,
      fix: `read ${command.logFile}, then start again; \`secure-ai down\` removes the remains`,
    },
  ]);
}

/** Whether a GET succeeds; a refused connection or request means not yet. */
async function answers(client: PathApi, path: string): Promise<boolean> {
  return client.get(path, { timeoutSeconds: 5 }).then(
    () => true,
    () => false,
  );
}

/** `/healthz` of a component with its self-signed serving certificate; any process can read it on loopback. */
async function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: '/healthz',
      rejectUnauthorized: false,
      timeout: 5_000,
    };
    const outgoing = request(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => resolve(false));
    outgoing.end();
  });
}
