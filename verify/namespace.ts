/** Which namespace a verification creates its pods in. */
import { firstEnabledNamespace, isEnabled } from '../deploy/mutator-probe';
import { scopeFinder } from '../policy/decision/enforcement';
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
  const scopeOf = scopeFinder(policy);
  const isEnforced = (name: string) => scopeOf(name).enforcement === 'deny';
  const required = policy.required.flatMap(({ namespaces }) => namespaces);
  for (const name of required.filter(isEnforced)) {
    const namespace = await api.get({ apiVersion: 'v1', kind: 'Namespace', name });
    if (namespace !== undefined && isEnabled(namespace)) return name;
  }
  return firstEnabledNamespace(api, isEnforced);
}

/** The reason of a step that needs a namespace if none is enabled. */
export const NO_NAMESPACE = `no namespace in which the policy is enforced is labelled ${ENABLED_LABEL}=true`;
