/** Which namespace a verification creates its pods in, and what the policy says of them there. */
import { firstEnabledNamespace, isEnabled } from '../deploy/mutator-probe';
import type { KubernetesObject } from '../kubernetes/object';
import { createDecider } from '../policy/decision/decide';
import { scopeFinder } from '../policy/decision/enforcement';
import type { RuntimePolicy } from '../policy/model/runtime-policy';
import { ENABLED_LABEL } from '../base/names';
import type { VerifyContext } from './step';

/**
 * An enabled namespace of a requirement of the policy, else the first enabled one, of those in which the policy is enforced; undefined if
 * there is none.
 */
export async function enabledNamespace({
  api,
  policy,
}: Pick<VerifyContext, 'api' | 'policy'>): Promise<string | undefined> {
  const isEnforced = enforcementTest(policy);
  const required = policy.required.flatMap(({ namespaces }) => namespaces);
  for (const name of required.filter(isEnforced)) {
    const namespace = await api.get({ apiVersion: 'v1', kind: 'Namespace', name });
    if (namespace !== undefined && isEnabled(namespace)) return name;
  }
  return firstEnabledNamespace(api, isEnforced);
}

/** The reason of a step that needs a namespace if none is enabled. */
export const NO_NAMESPACE = `no namespace in which the policy is enforced is labelled ${ENABLED_LABEL}=true`;

/**
 * A namespace in which the policy is enforced, for what a step expects before it knows the cluster: `default`, else one that the policy
 * names, else one that it does not; undefined where it is enforced nowhere.
 */
export function someEnforcedNamespace(policy: RuntimePolicy): string | undefined {
  const named = policy.tenants.flatMap(({ namespaces }) => namespaces);
  return ['default', ...named, 'a-new-namespace'].find(enforcementTest(policy));
}

/** Whether the policy is enforced in a namespace. */
export function enforcementTest(policy: RuntimePolicy): (namespace: string) => boolean {
  const scopeOf = scopeFinder(policy);
  return (name) => scopeOf(name).enforcement === 'deny';
}

/** Why the policy refuses a pod that a step needs, as the reason of a step that is not run; undefined where it admits the pod. */
export function whyRefused(policy: RuntimePolicy, pod: KubernetesObject): string | undefined {
  const { namespace = '' } = pod.metadata;
  const [denial] = createDecider(policy).decide(pod, { namespace }).denials;
  return denial && `the policy refuses the pod in namespace ${namespace}: ${denial.message}`;
}
