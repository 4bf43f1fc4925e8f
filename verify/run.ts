/** Runs the steps of a verification and deletes the objects they created. */
import { randomBytes } from 'node:crypto';
import type { KubernetesApi } from '../kubernetes/api';
import { assertReachable } from '../kubernetes/reachable';
import { objectId, referenceOf, type ObjectReference } from '../kubernetes/object';
import { fail, notRun, type Outcome, type VerifyContext, type Step, type StepResult } from './step';
import type { VerificationReport } from './step';
import { expectedObjects, type VerifiedConfig } from './expected';
import { CHECKS, trials } from './steps';
import { preflight, PREFLIGHT, type Preflight } from './steps/preflight';

export interface VerifyOptions {
  readonly api: KubernetesApi;
  /** The configuration the cluster is expected to follow. */
  readonly config: VerifiedConfig;
  readonly signal: AbortSignal;
  /** Called when a step has a result; `done` of `total` steps then have one. */
  readonly onResult?: (result: StepResult, done: number, total: number) => void;
}

/**
 * Steps run side by side, because the audit takes as long as Gatekeeper's interval. None runs if the preflight finds
 * something missing. If everything exists but does not work, the read-only steps run, because they show why.
 *
 * @throws SandboxError CLUSTER_UNREACHABLE
 * @throws the signal's reason when it is aborted, after the created objects have been deleted
 */
export async function verify(options: VerifyOptions): Promise<VerificationReport> {
  const { api, config, signal } = options;
  const { policy } = config;
  const kubernetesVersion = await assertReachable(api);
  const made: ObjectReference[] = [];
  const context: VerifyContext = {
    api,
    policy,
    expected: expectedObjects(config),
    signal,
    suffix: randomBytes(4).toString('hex'),
    create: async (manifest) => {
      signal.throwIfAborted();
      const created = await api.create(manifest);
      made.push(referenceOf(created));
      return created;
    },
  };
  const others = [...CHECKS, ...trials(policy)];
  let done = 0;
  const finish = ({ id, title, expected }: Omit<Step, 'run'>, outcome: Outcome): StepResult => {
    const result = { id, title, expected, ...outcome };
    options.onResult?.(result, ++done, others.length + 1);
    return result;
  };
  let results: StepResult[];
  let leftBehind: string[];
  try {
    const { outcome, installed } = await preflightOf(context);
    const first = finish(PREFLIGHT, outcome);
    const mayRun = (step: Step) =>
      outcome.status === 'pass' || (installed && CHECKS.includes(step));
    const rest = others.map(async (step) =>
      finish(step, mayRun(step) ? await outcomeOf(step, context) : notRun('the preflight failed')),
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

async function preflightOf(context: VerifyContext): Promise<Preflight> {
  try {
    return await preflight(context);
  } catch (error) {
    return { outcome: failedBy(error, context), installed: false };
  }
}

async function outcomeOf(step: Step, context: VerifyContext): Promise<Outcome> {
  try {
    return await step.run(context);
  } catch (error) {
    return failedBy(error, context);
  }
}

function failedBy(error: unknown, { signal }: VerifyContext): Outcome {
  // An interrupted step must still let the others end before everything is deleted.
  return signal.aborted ? notRun('interrupted') : fail((error as Error).message);
}

/** Last created, first deleted: objects go before their namespace. */
async function deleteAll(api: KubernetesApi, made: readonly ObjectReference[]): Promise<string[]> {
  const left: string[] = [];
  for (const reference of [...made].reverse()) {
    await api.delete(reference).catch(() => left.push(objectId(reference)));
  }
  return left;
}
