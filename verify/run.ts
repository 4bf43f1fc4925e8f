/** Runs the steps of a verification and takes away what they made. */
import { randomBytes } from 'node:crypto';
import type { RuntimePolicy } from '../policy/model';
import type { KubernetesApi } from '../deploy/kubernetes/api';
import { reach } from '../deploy/kubernetes/reach';
import { objectId, referenceOf, type ObjectReference } from '../deploy/kubernetes/object';
import { fail, notRun, type Outcome, type Scene, type Step, type StepResult } from './model';
import type { VerificationReport } from './model';
import { preflight, steps } from './steps';

export interface VerifyOptions {
  readonly api: KubernetesApi;
  /** The policy the cluster is expected to follow. */
  readonly policy: RuntimePolicy;
  readonly signal: AbortSignal;
  /** Called when a step has a result; `done` of `total` then have one. */
  readonly onResult?: (result: StepResult, done: number, total: number) => void;
}

/**
 * Steps run side by side, because the audit takes as long as Gatekeeper's interval. None is run when the preflight fails.
 *
 * @throws SandboxError CLUSTER_UNREACHABLE
 * @throws the signal's reason when it is aborted, after what was made has been deleted
 */
export async function verify(options: VerifyOptions): Promise<VerificationReport> {
  const { api, policy, signal } = options;
  const kubernetesVersion = await reach(api);
  const made: ObjectReference[] = [];
  const scene: Scene = {
    api,
    policy,
    signal,
    suffix: randomBytes(4).toString('hex'),
    create: async (manifest) => {
      signal.throwIfAborted();
      const created = await api.create(manifest);
      made.push(referenceOf(created));
      return created;
    },
  };
  const others = steps(policy);
  let done = 0;
  const finish = ({ id, title, expected }: Step, outcome: Outcome): StepResult => {
    const result = { id, title, expected, ...outcome };
    options.onResult?.(result, ++done, others.length + 1);
    return result;
  };
  let results: StepResult[];
  let leftBehind: string[];
  try {
    const first = finish(preflight, await outcomeOf(preflight, scene));
    const ready = first.status === 'pass';
    const rest = others.map(async (step) =>
      finish(step, ready ? await outcomeOf(step, scene) : notRun('the preflight failed')),
    );
    results = [first, ...(await Promise.all(rest))];
  } finally {
    leftBehind = await deleteAll(api, made);
  }
  signal.throwIfAborted();
  const count = (status: Outcome['status']) => results.filter((r) => r.status === status).length;
  const counts = { pass: count('pass'), fail: count('fail'), 'not-run': count('not-run') };
  return { server: api.server, kubernetesVersion, counts, steps: results, leftBehind };
}

async function outcomeOf(step: Step, scene: Scene): Promise<Outcome> {
  try {
    return await step.run(scene);
  } catch (error) {
    // An interrupted step still has to let the others end before everything is deleted.
    if (scene.signal.aborted) return notRun('interrupted');
    return fail((error as Error).message);
  }
}

/** Last made, first deleted: what is in a namespace goes before the namespace. */
async function deleteAll(api: KubernetesApi, made: readonly ObjectReference[]): Promise<string[]> {
  const left: string[] = [];
  for (const reference of [...made].reverse()) {
    await api.delete(reference).catch(() => left.push(objectId(reference)));
  }
  return left;
}
