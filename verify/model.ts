/** What a verification is made of: steps with what they expect, and results with what was seen. */
import type { KubernetesApi } from '../deploy/kubernetes/api';
import type { KubernetesObject } from '../deploy/kubernetes/object';
import type { RuntimePolicy } from '../policy/model';

export interface Step {
  /** Stable name, such as `label-kata`. */
  readonly id: string;
  readonly title: string;
  /** What must be seen for the step to pass, as a person would say it. */
  readonly expected: string;
  run(scene: Scene): Promise<Outcome>;
}

/** A step that cannot be run says why and never counts as passed. */
export type Outcome =
  | { readonly status: 'pass' | 'fail'; readonly observed: string; readonly evidence?: Evidence }
  | { readonly status: 'not-run'; readonly reason: string };

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
export interface Scene {
  readonly api: KubernetesApi;
  readonly policy: RuntimePolicy;
  /** Makes names of this verification unlike those of any other. */
  readonly suffix: string;
  readonly signal: AbortSignal;
  /** Creates an object that is deleted when the verification ends, however it ends. */
  create(manifest: KubernetesObject): Promise<KubernetesObject>;
}

export function pass(observed: string, evidence?: Evidence): Outcome {
  return { status: 'pass', observed, ...(evidence && { evidence }) };
}

export function fail(observed: string, evidence?: Evidence): Outcome {
  return { status: 'fail', observed, ...(evidence && { evidence }) };
}

export function notRun(reason: string): Outcome {
  return { status: 'not-run', reason };
}
