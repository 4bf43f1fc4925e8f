/** Pods that exceed a limit of the webhook. */
import { refuse, SandboxError } from '../../base/errors';
import { scopeFinder } from '../../policy/decision/enforcement';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { WEBHOOK_ERRORS } from '../../webhook-src/errors';
import { limitOfPod } from '../../webhook-src/server/limits';
import type { FoundPod } from './manifests';

/** The webhook's error for a pod that exceeds one of its limits. */
export function tooLarge({ pod, namespace }: FoundPod): SandboxError | undefined {
  const problem = limitOfPod(pod, namespace);
  return problem && new SandboxError(WEBHOOK_ERRORS.POD_TOO_LARGE, [problem]);
}

/** @throws SandboxError POD_TOO_LARGE with the webhook's message for each pod that it refuses because it exceeds one of its limits */
export function refuseTooLarge(pods: readonly FoundPod[], policy: RuntimePolicy): void {
  const scopeOf = scopeFinder(policy);
  const enforced = pods.filter(({ namespace }) => scopeOf(namespace).enforcement === 'deny');
  refuse(
    WEBHOOK_ERRORS.POD_TOO_LARGE,
    enforced.flatMap((found) => tooLarge(found)?.problems ?? []),
  );
}
