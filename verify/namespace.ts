/** Which namespace a verification creates its pods in. */
import { firstEnabledNamespace, isEnabled } from '../deploy/mutator-probe';
import { ENABLED_LABEL } from '../base/names';
import type { VerifyContext } from './step';

/** An enabled namespace of a requirement of the policy, else the first enabled one; undefined if none is enabled. */
export async function enabledNamespace({
  api,
  policy,
}: Pick<VerifyContext, 'api' | 'policy'>): Promise<string | undefined> {
  const required = policy.required.flatMap(({ namespaces }) => namespaces);
  for (const name of required) {
    const namespace = await api.get({ apiVersion: 'v1', kind: 'Namespace', name });
    if (namespace !== undefined && isEnabled(namespace)) return name;
  }
  return firstEnabledNamespace(api);
}

/** The reason of a step that needs a namespace if none is enabled. */
export const NO_NAMESPACE = `no namespace is labelled ${ENABLED_LABEL}=true`;
