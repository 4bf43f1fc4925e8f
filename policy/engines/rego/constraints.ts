/** Gatekeeper constraints of a policy: the policy as parameters, in the form the Rego library reads. */
import type { Requirement, Rule, RuntimePolicy } from '../../model/runtime-policy';
import { CONSTRAINT_KINDS, ENABLED_LABEL, EXEMPT_NAMESPACES } from '../../../base/names';
import { decisionGraph } from './decision-graph';
import { textTest } from './condition-parameters';

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
 * They match pods of enabled namespaces that are not exempt.
 */
export function constraints(policy: RuntimePolicy): readonly ConstraintManifest[] {
  const speaks = policy.rules.some(({ exempt }) => exempt === undefined);
  const dynamic = speaks ? [dynamicConstraint(policy)] : [];
  return [...requiredConstraints(policy), ...dynamic, sandboxedConstraint(policy)];
}

function requiredConstraints(policy: RuntimePolicy): ConstraintManifest[] {
  const taken = new Set<string>();
  return policy.required.map((requirement) => {
    const name = uniqueName(`enforce-${objectName(requirement.runtime)}-label`, taken);
    return requiredConstraint(policy, requirement, name);
  });
}

function requiredConstraint(
  policy: RuntimePolicy,
  requirement: Requirement,
  name: string,
): ConstraintManifest {
  const { namespaces, container, runtime, enforce } = requirement;
  const rules = listOrNone('rules', exemptingRules(policy).map(ruleParameters));
  const parameters = { ...base(policy), container, runtime, enforce, ...rules };
  return constraint({ kind: CONSTRAINT_KINDS.required, name, namespaces, parameters });
}

function dynamicConstraint(policy: RuntimePolicy): ConstraintManifest {
  const rules = policy.rules.map((rule) => ({
    ...ruleParameters(rule),
    title: rule.title,
    ...(rule.enforce && { enforce: rule.enforce }),
  }));
  const parameters = { ...base(policy), ...minimum(policy), rules };
  return constraint({
    kind: CONSTRAINT_KINDS.dynamic,
    name: 'enforce-dynamic-ai-runtime',
    parameters,
  });
}

function sandboxedConstraint(policy: RuntimePolicy): ConstraintManifest {
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
    ...(refusesUnlabelled && { unlabelled }),
  };
  return constraint({ kind: CONSTRAINT_KINDS.sandboxed, name: 'enforce-sandbox', parameters });
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
  return listOrNone('minimum', policy.minimum);
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
  readonly namespaces?: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
}

function constraint({ kind, name, namespaces, parameters }: ConstraintProps): ConstraintManifest {
  return {
    apiVersion: 'constraints.gatekeeper.sh/v1beta1',
    kind,
    metadata: { name },
    spec: {
      enforcementAction: 'deny',
      match: {
        kinds: [{ apiGroups: [''], kinds: ['Pod'] }],
        ...(namespaces && { namespaces }),
        excludedNamespaces: EXEMPT_NAMESPACES,
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
