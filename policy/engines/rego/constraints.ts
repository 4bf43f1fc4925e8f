/** Gatekeeper constraints of a policy: the policy as parameters, in the form the Rego library reads. */
import type { Requirement, Rule, RuntimePolicy } from '../../model/runtime-policy';
import { CONSTRAINT_KINDS, ENABLED_LABEL, EXEMPT_NAMESPACES } from '../../../base/names';
import type { Scope } from '../../decision/enforcement';
import { partsInForce, scopesOf } from '../../decision/enforcement';
import { decisionGraph } from './decision-graph';
import { textTest } from './condition-parameters';
import { guardrailParameters } from './guardrail-parameters';

type ConstraintKind = (typeof CONSTRAINT_KINDS)[keyof typeof CONSTRAINT_KINDS];

interface ConstraintManifest {
  readonly apiVersion: 'constraints.gatekeeper.sh/v1beta1';
  readonly kind: ConstraintKind;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly enforcementAction: 'deny';
    readonly match: {
      readonly kinds: readonly {
        readonly apiGroups: readonly string[];
        readonly kinds: readonly string[];
      }[];
      readonly namespaces?: readonly string[];
      readonly excludedNamespaces: readonly string[];
      readonly namespaceSelector: { readonly matchLabels: Readonly<Record<string, string>> };
    };
    readonly parameters: Readonly<Record<string, unknown>>;
  };
}

/**
 * The constraints that can ever speak under this policy: no `K8sDynamicRuntime` without a rule that asks for a runtime or denies.
 * They match pods of enabled namespaces that are not exempt and in which the policy is enforced. What a policy only warns of or audits is
 * not in them: that depends on what the mutator would have done, and the mutating webhook says it.
 */
export function constraints(policy: RuntimePolicy): readonly ConstraintManifest[] {
  const enforced = enforcedIn(policy);
  if (enforced.scopes.length === 0) return [];
  const speaks = enforced.policy.rules.some(({ exempt }) => exempt === undefined);
  const dynamic = speaks ? [dynamicConstraint(enforced)] : [];
  return [...requiredConstraints(enforced), ...dynamic, sandboxedConstraint(enforced)];
}

interface Enforced {
  /** Without the parts that only warn or audit. */
  readonly policy: RuntimePolicy;
  readonly scopes: readonly Scope[];
  /** The only namespaces in which pods are refused; undefined for all but those left out. */
  readonly namespaces: readonly string[] | undefined;
  readonly leftOut: readonly string[];
}

function enforcedIn(policy: RuntimePolicy): Enforced {
  const all = scopesOf(policy);
  const scopes = all.filter(({ enforcement }) => enforcement === 'deny');
  const softer = all.filter(({ enforcement }) => enforcement !== 'deny');
  const namesOf = (some: readonly Scope[]) => some.flatMap(({ namespaces = [] }) => namespaces);
  const isEverywhere = scopes.some(({ namespaces }) => namespaces === undefined);
  return {
    policy: {
      ...policy,
      rules: [...partsInForce(policy.rules, 'deny')],
      required: [...partsInForce(policy.required, 'deny')],
      minimum: [...partsInForce(policy.minimum, 'deny')],
    },
    scopes,
    namespaces: isEverywhere ? undefined : namesOf(scopes),
    leftOut: isEverywhere ? namesOf(softer) : [],
  };
}

function requiredConstraints(enforced: Enforced): ConstraintManifest[] {
  const taken = new Set<string>();
  return enforced.policy.required.flatMap((requirement) => {
    const { namespaces: only } = enforced;
    const namespaces = requirement.namespaces.filter((name) => only?.includes(name) ?? true);
    if (namespaces.length === 0) return [];
    const name = uniqueName(`enforce-${objectName(requirement.runtime)}-label`, taken);
    return [requiredConstraint({ ...enforced, namespaces }, requirement, name)];
  });
}

function requiredConstraint(
  enforced: Enforced,
  requirement: Requirement,
  name: string,
): ConstraintManifest {
  const { policy } = enforced;
  const { container, runtime, enforce } = requirement;
  const rules = listOrNone('rules', exemptingRules(policy).map(ruleParameters));
  const parameters = { ...base(policy), container, runtime, enforce, ...rules };
  return constraint(enforced, { kind: CONSTRAINT_KINDS.required, name, parameters });
}

function dynamicConstraint(enforced: Enforced): ConstraintManifest {
  const { policy } = enforced;
  const rules = policy.rules.map((rule) => ({
    ...ruleParameters(rule),
    title: rule.title,
    ...(rule.enforce && { enforce: rule.enforce }),
  }));
  const parameters = { ...base(policy), ...minimum(policy), rules };
  const name = 'enforce-dynamic-ai-runtime';
  return constraint(enforced, { kind: CONSTRAINT_KINDS.dynamic, name, parameters });
}

function sandboxedConstraint(enforced: Enforced): ConstraintManifest {
  const { policy, scopes } = enforced;
  const isIgnored = policy.unlabelled === 'ignore';
  const refusesUnlabelled = !isIgnored || policy.minimum.length > 0;
  const unlabelled = {
    code: isIgnored ? 'BELOW_MINIMUM' : 'UNSANDBOXED',
    required: policy.required.map(({ namespaces, container }) => ({ namespaces, container })),
  };
  const rules = refusesUnlabelled ? policy.rules : exemptingRules(policy);
  const parameters = {
    ...base(policy),
    runtimes: policy.runtimes.map(({ name, runtimeClassName, allowedAnnotations }) => ({
      name,
      runtimeClassName,
      ...(allowedAnnotations && { allowedAnnotations: allowedAnnotations.map(textTest) }),
    })),
    ...minimum(policy),
    ...listOrNone('rules', rules.map(ruleParameters)),
    ...guardrailParameters(scopes),
    ...(refusesUnlabelled && { unlabelled }),
  };
  const name = 'enforce-sandbox';
  return constraint(enforced, { kind: CONSTRAINT_KINDS.sandboxed, name, parameters });
}

/** The rules that decide whether a pod is left alone; none where no rule exempts. */
function exemptingRules({ rules }: RuntimePolicy): readonly Rule[] {
  const exempts = rules.some(({ exempt }) => exempt !== undefined);
  return exempts ? rules.filter(({ runtime }) => runtime === undefined) : [];
}

/** What every kind of constraint needs of a rule. */
function ruleParameters({ name, when, runtime, deny, exempt }: Rule) {
  return {
    name,
    when: decisionGraph(when),
    ...(runtime !== undefined && { runtime }),
    ...(deny !== undefined && { deny }),
    ...(exempt !== undefined && { exempt }),
  };
}

function minimum(policy: RuntimePolicy) {
  const entries = policy.minimum.map(({ namespaces, runtime }) => ({ namespaces, runtime }));
  return listOrNone('minimum', entries);
}

function listOrNone(name: string, list: readonly unknown[]): Readonly<Record<string, unknown>> {
  return list.length === 0 ? {} : { [name]: list };
}

function base(policy: RuntimePolicy) {
  const runtimes = policy.runtimes.map(({ name, runtimeClassName }) => ({
    name,
    runtimeClassName,
  }));
  return { labelKey: policy.labelKey, runtimes };
}

interface ConstraintProps {
  readonly kind: ConstraintKind;
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

function constraint(
  { namespaces, leftOut }: Pick<Enforced, 'namespaces' | 'leftOut'>,
  { kind, name, parameters }: ConstraintProps,
): ConstraintManifest {
  return {
    apiVersion: 'constraints.gatekeeper.sh/v1beta1',
    kind,
    metadata: { name },
    spec: {
      enforcementAction: 'deny',
      match: {
        kinds: [{ apiGroups: [''], kinds: ['Pod'] }],
        ...(namespaces && { namespaces }),
        excludedNamespaces: [...EXEMPT_NAMESPACES, ...leftOut],
        namespaceSelector: { matchLabels: { [ENABLED_LABEL]: 'true' } },
      },
      parameters,
    },
  };
}

/** A label value as part of a Kubernetes object name. */
function objectName(labelValue: string): string {
  return labelValue.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

/** The name, with the first free number from 2 on where it is taken. */
function uniqueName(name: string, taken: Set<string>): string {
  const numbered = (n: number) => (n === 1 ? name : `${name}-${n}`);
  let n = 1;
  while (taken.has(numbered(n))) n++;
  taken.add(numbered(n));
  return numbered(n);
}
