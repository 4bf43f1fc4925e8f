/** What a verification is made of: steps with what they expect, and results with what was seen. */
import type { KubernetesApi } from '../kubernetes/api';
import type { KubernetesObject } from '../kubernetes/object';
import type { Problem } from '../base/errors';
import type { RuntimePolicy } from '../policy/model/runtime-policy';
import type { ExpectedObjects } from './expected';

export interface Step {
  /** Stable name, such as `label-kata`. */
  readonly id: string;
  readonly title: string;
  /** What must be seen for the step to pass, as a person would say it. */
  readonly expected: string;
  run(context: VerifyContext): Promise<Outcome>;
}

/** A step that cannot be run says why and never counts as passed. */
export type Outcome =
  | { readonly status: 'pass'; readonly observed: string; readonly evidence?: Evidence }
  | {
      readonly status: 'fail';
      readonly observed: string;
      readonly evidence?: Evidence;
      /** What is wrong, object by object, each with its fix; missing where the step knows no fix. */
      readonly findings?: readonly Finding[];
    }
  | { readonly status: 'not-run'; readonly reason: string };

/** One thing that is wrong in the cluster. Its `path` is the object's id, such as `Namespace/ai-production`. */
export type Finding = Problem;

/** Facts behind an outcome, for machines: plain JSON. */
export type Evidence = Readonly<Record<string, unknown>>;

export type StepResult = Pick<Step, 'id' | 'title' | 'expected'> & Outcome;

export interface VerificationReport {
  /** URL of the API server that was asked. */
  readonly server: string;
  readonly kubernetesVersion: string;
  /** How many steps ended how. A step that was not run is neither passed nor failed. */
  readonly counts: Readonly<Record<Outcome['status'], number>>;
  readonly steps: readonly StepResult[];
  /** Ids of objects the verification made and could not delete. */
  readonly leftBehind: readonly string[];
}

/** What a step works with. */
export interface VerifyContext {
  readonly api: KubernetesApi;
  readonly policy: RuntimePolicy;
  /** What the platform's registrations and policies must look like. */
  readonly expected: ExpectedObjects;
  /** Makes names of this verification unlike those of any other. */
  readonly suffix: string;
  readonly signal: AbortSignal;
  /** Creates an object that is deleted when the verification ends, however it ends. */
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

/** Fails with every finding, or passes where there is none. */
export function judged(findings: readonly Finding[], sound: string, evidence?: Evidence): Outcome {
  if (findings.length === 0) return pass(sound, evidence);
  const observed = findings.map(({ path, reason }) => `${path}: ${reason}`).join('; ');
  return fail(observed, evidence, findings);
}

export function notRun(reason: string): Outcome {
  return { status: 'not-run', reason };
}
