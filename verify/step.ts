/** The parts of a verification: steps with what they expect, and results with what was observed. */
import type { KubernetesApi } from '../kubernetes/api';
import type { KubernetesObject } from '../kubernetes/object';
import type { Problem } from '../base/errors';
import type { RuntimePolicy } from '../policy/model/runtime-policy';
import type { ExpectedObjects } from './expected';

export interface Step {
  /** Stable name, such as `label-kata`. */
  readonly id: string;
  readonly title: string;
  /** What must be observed for the step to pass, in plain words. */
  readonly expected: string;
  run(context: VerifyContext): Promise<Outcome>;
}

/** A step that cannot run says why and never counts as passed. */
export type Outcome =
  | { readonly status: 'pass'; readonly observed: string; readonly evidence?: Evidence }
  | {
      readonly status: 'fail';
      readonly observed: string;
      readonly evidence?: Evidence;
      /** The problems, object by object, each with its fix; missing if the step knows no fix. */
      readonly findings?: readonly Finding[];
    }
  | { readonly status: 'not-run'; readonly reason: string };

/** One problem in the cluster. Its `path` is the object's id, such as `Namespace/ai-production`. */
export type Finding = Problem;

/** The facts behind an outcome as plain JSON, for programs. */
export type Evidence = Readonly<Record<string, unknown>>;

export type StepResult = Pick<Step, 'id' | 'title' | 'expected'> & Outcome;

export interface VerificationReport {
  /** URL of the API server that was verified. */
  readonly server: string;
  readonly kubernetesVersion: string;
  /** The number of steps by outcome. A step that did not run is neither passed nor failed. */
  readonly counts: Readonly<Record<Outcome['status'], number>>;
  readonly steps: readonly StepResult[];
  /** Ids of objects the verification created and could not delete. */
  readonly leftBehind: readonly string[];
}

/** What a step works with. */
export interface VerifyContext {
  readonly api: KubernetesApi;
  readonly policy: RuntimePolicy;
  /** The expected registrations and policies of the platform. */
  readonly expected: ExpectedObjects;
  /** Makes the names of this verification unique. */
  readonly suffix: string;
  readonly signal: AbortSignal;
  /** Creates an object that is deleted when the verification ends, even after a failure. */
  create(manifest: KubernetesObject): Promise<KubernetesObject>;
}

export function pass(observed: string, evidence?: Evidence): Outcome {
  return { status: 'pass', observed, ...(evidence && { evidence }) };
}

export function fail(
  observed: string,
  evidence?: Evidence,
  findings?: readonly Finding[],
): Outcome {
  return {
    status: 'fail',
    observed,
    ...(evidence && { evidence }),
    ...(findings && { findings }),
  };
}

/** Fails with all findings, or passes without one. */
export function outcomeOfFindings(
  findings: readonly Finding[],
  sound: string,
  evidence?: Evidence,
): Outcome {
  if (findings.length === 0) return pass(sound, evidence);
  const observed = findings.map(({ path, reason }) => `${path}: ${reason}`).join('; ');
  return fail(observed, evidence, findings);
}

export function notRun(reason: string): Outcome {
  return { status: 'not-run', reason };
}
