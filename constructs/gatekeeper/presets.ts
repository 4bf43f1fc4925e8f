/** Named choices of `GatekeeperProps`. */
import { ENABLED_LABEL } from '../../policy/names';
import type { GatekeeperProps, SelectorRequirement } from './schema';

const inSandboxNamespaces: SelectorRequirement = {
  key: ENABLED_LABEL,
  operator: 'In',
  values: ['true'],
};

/**
 * Gatekeeper as this platform wants it: closed where sandboxes are promised, open everywhere else.
 *
 * - `validation.failurePolicy: Fail`. Officially Gatekeeper fails open: while it is down, pods that break the policy are let in.
 * - `validation.namespaceSelector`. With `Fail` alone a Gatekeeper that is down would stop every write to the cluster,
 *   its own repair included. Narrowed to the namespaces that turned the platform on, it stops only those.
 * - `validation.clusterScoped: gatekeeper`. Namespace selectors never leave out cluster-scoped objects: without this a
 *   Gatekeeper that is down would stop nodes from registering and volumes from being provisioned.
 * - `ignoreLabelCheck.namespaceSelector`. Officially this check fails closed for every namespace, so a Gatekeeper that is
 *   down stops all namespaces from being created or changed. The API server matches the labels a namespace would have
 *   after the request, so no request leads to a namespace that is turned on and carries the ignore label.
 * - `disabledBuiltins: http.send`. Who writes a template must not be able to call out from the policy engine; the official
 *   value is meant to prevent that and does not.
 * - `image.pullPolicy: IfNotPresent`. The tag is exact, so pulling it again changes nothing, and a node whose registry is
 *   out of reach can still restart Gatekeeper.
 *
 * The price: constraints of other owners, on namespaces that are not turned on or on cluster-scoped objects, are audited
 * but not enforced at admission.
 */
export const SANDBOX_GATEKEEPER = {
  validation: {
    failurePolicy: 'Fail',
    namespaceSelector: [inSandboxNamespaces],
    clusterScoped: 'gatekeeper',
  },
  ignoreLabelCheck: { namespaceSelector: [inSandboxNamespaces] },
  disabledBuiltins: ['http.send'],
  image: { pullPolicy: 'IfNotPresent' },
} as const satisfies GatekeeperProps;
