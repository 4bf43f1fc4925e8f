/** Tests whether one pod reaches another: without a NetworkPolicy, under one that closes the namespace, and without it again. */
import { referenceOf, stringAt, type KubernetesObject } from '../kubernetes/object';
import { NotYet, waitUntil } from '../base/wait-until';
import type { VerifyContext } from './step';
import { BUSYBOX_IMAGE, podName, verificationPod } from './pod';

/** Image pull included. */
const RUN_DEADLINE_SECONDS = 120;

/** How long a network plugin may take to apply the creation or deletion of a policy. */
export const EFFECT_DEADLINE_SECONDS = 30;

/** Required number of equal answers in a row, so that one lost packet decides nothing. */
const IN_A_ROW = 3;

/** Each takes one second, or three without an answer. More than all waits of a trial need together. */
const ATTEMPTS = 300;

const PORT = 8080;

type Reach = 'reached' | 'blocked';

export interface NetworkTrial {
  readonly namespace: string;
  /** Of the client. */
  readonly node: string;
  /**
   * Waits until the client's most recent attempts all had this result.
   *
   * @throws DeadlineError if they do not within the deadline
   */
  awaits(reach: Reach, deadlineSeconds: number): Promise<void>;
  /** Creates a NetworkPolicy that closes the namespace in both directions. */
  close(): Promise<void>;
  /** Deletes it. */
  open(): Promise<void>;
}

/**
 * Starts a server and a client that sends it requests continuously, each over a new connection.
 *
 * @param labels of both pods
 * @throws DeadlineError if the pods do not run
 */
export async function startTrial(
  context: VerifyContext,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Promise<NetworkTrial> {
  const { api, signal, suffix } = context;
  const run = async (purpose: string, script: string) => {
    const name = podName(purpose, suffix);
    const command = ['sh', '-c', script];
    const image = BUSYBOX_IMAGE;
    await context.create(verificationPod({ name, namespace, image, labels, command }));
    return untilRunning(context, namespace, name);
  };
  const server = await run(
    'network-server',
    `echo ${suffix} >/tmp/index.html && exec httpd -f -p ${PORT} -h /tmp`,
  );
  const address = stringAt(server, 'status', 'podIP') ?? '';
  const client = await run('network-client', clientScript(address, suffix));
  const name = client.metadata.name ?? '';
  const policy = policyOf(namespace);
  return {
    namespace,
    node: stringAt(client, 'spec', 'nodeName') ?? '',
    awaits: async (reach, deadlineSeconds) => {
      const before = (await results(context, namespace, name)).length;
      const look = async () => {
        const since = (await results(context, namespace, name)).slice(before);
        const last = since.slice(-IN_A_ROW);
        return last.length === IN_A_ROW && last.every((line) => line === reach)
          ? true
          : new NotYet(`${last.at(-1) ?? 'no attempt'} after ${since.length} attempts`);
      };
      await waitUntil(look, { deadlineSeconds, signal });
    },
    close: async () => void (await context.create(policy)),
    open: () => api.delete(referenceOf(policy)),
  };
}

/**
 * Uses nc instead of wget, whose `-T` causes a segmentation fault in Debian's busybox 1.35. `timeout` ends a connection
 * that a policy cuts off midway.
 */
function clientScript(address: string, token: string): string {
  const ask = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 4 nc -w 2 ${address} ${PORT} 2>/dev/null`;
  return `i=0; while [ $i -lt ${ATTEMPTS} ]; do i=$((i+1)); if ${ask} | grep -q ${token}; then echo reached; else echo blocked; fi; sleep 1; done`;
}

async function results(
  { api }: VerifyContext,
  namespace: string,
  pod: string,
): Promise<readonly string[]> {
  return (await api.logs(namespace, pod)).split('\n').filter((line) => line !== '');
}

async function untilRunning(
  { api, signal }: VerifyContext,
  namespace: string,
  name: string,
): Promise<KubernetesObject> {
  const look = async () => {
    const pod = await api.get({ apiVersion: 'v1', kind: 'Pod', namespace, name });
    const phase = stringAt(pod, 'status', 'phase') ?? 'gone';
    if (phase === 'Succeeded' || phase === 'Failed')
      throw new Error(`pod ${name} ended at once: ${phase}`);
    const address = stringAt(pod, 'status', 'podIP');
    return pod !== undefined && phase === 'Running' && address !== undefined
      ? pod
      : new NotYet(`pod ${name}: ${phase}`);
  };
  return waitUntil(look, { deadlineSeconds: RUN_DEADLINE_SECONDS, signal });
}

function policyOf(namespace: string): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'default-deny', namespace },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
}
