/** The guardrails of a policy as the Rego library reads them: which are open, for all namespaces and for those of tenants. */
import type { Scope } from '../../decision/enforcement';
import type { RuntimePolicy } from '../../model/runtime-policy';
import { textTest } from './condition-parameters';

/** @param scopes those in which pods are refused */
export function guardrailParameters(scopes: readonly Scope[]): Readonly<Record<string, unknown>> {
  const tenants = scopes.flatMap(({ namespaces, stages: [enforced] }) =>
    namespaces && enforced ? [{ namespaces, guardrails: guardrailsOf(enforced.policy) }] : [],
  );
  const others = scopes.find(({ namespaces }) => namespaces === undefined)?.stages[0];
  return {
    guardrails: others === undefined ? {} : guardrailsOf(others.policy),
    ...(tenants.length > 0 && { tenants }),
  };
}

function guardrailsOf({ guardrails, runtimes }: RuntimePolicy) {
  const { hostPaths, privileged } = guardrails;
  const open = Object.entries(guardrails)
    .filter(([, value]) => value === 'allow')
    .map(([name]) => name);
  const kata = runtimes.filter(({ handler }) => handler.startsWith('kata'));
  return {
    ...(open.length > 0 && { open }),
    ...(typeof hostPaths === 'object' && { readOnlyHostPaths: hostPaths.readOnly.map(textTest) }),
    ...(privileged === 'kata-only' && {
      privilegedClasses: kata.map(({ runtimeClassName }) => runtimeClassName),
    }),
  };
}
