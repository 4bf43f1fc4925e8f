/** What the constraints of each kind carry of a policy, in the form the Rego library reads. */
import type { Requirement, Rule, RuntimePolicy } from '../../model/runtime-policy';
import { decisionGraph } from './decision-graph';
import { guardrailParameters, sandboxParameters } from './guardrail-parameters';

export type Parameters = Readonly<Record<string, unknown>>;

export interface ParametersProps {
  /** What of the policy is in force. */
  readonly policy: RuntimePolicy;
  /**
   * Whether the mutator leaves the pods alone, because nothing is enforced. The constraint then judges a pod that is being created as the
   * mutator would have left it, for which it needs all that selection reads.
   */
  readonly isForeseen: boolean;
}

/** Parameters of `K8sRequiredRuntime`. */
export function requiredParameters(
  { policy, isForeseen }: ParametersProps,
  { container, runtime, enforce }: Requirement,
): Parameters {
  return {
    ...base(policy),
    container,
    runtime,
    enforce,
    ...(isForeseen ? selection(policy) : rules(exemptingRules(policy))),
  };
}

/** Parameters of `K8sDynamicRuntime`; undefined where no rule asks for a runtime or denies, and so the constraint never speaks. */
export function dynamicParameters({ policy, isForeseen }: ParametersProps): Parameters | undefined {
  if (policy.rules.every(({ exempt }) => exempt !== undefined)) return undefined;
  return {
    ...base(policy),
    ...minimum(policy),
    ...(isForeseen && selection(policy)),
    rules: policy.rules.map((rule) => ({
      ...ruleParameters(rule),
      title: rule.title,
      ...enforceOf(rule),
    })),
  };
}

/** Parameters of `K8sSandboxedRuntime`. */
export function sandboxedParameters({ policy, isForeseen }: ParametersProps): Parameters {
  const isIgnored = policy.unlabelled === 'ignore';
  const refusesUnlabelled = !isIgnored || policy.minimum.length > 0;
  const unlabelled = {
    code: isIgnored ? 'BELOW_MINIMUM' : 'UNSANDBOXED',
    required: requiredContainers(policy),
  };
  return {
    ...base(policy),
    runtimes: sandboxParameters(policy),
    ...minimum(policy),
    ...rules(refusesUnlabelled ? policy.rules : exemptingRules(policy)),
    ...(refusesUnlabelled && { unlabelled }),
    ...guardrailParameters(policy),
    ...(isForeseen && selection(policy)),
  };
}

/** What `selection.rego` reads to know what the mutator would choose. */
function selection(policy: RuntimePolicy): Parameters {
  return {
    ...minimum(policy),
    ...listOrNone(
      'rules',
      policy.rules.map((rule) => ({ ...ruleParameters(rule), ...enforceOf(rule) })),
    ),
    selection: {
      required: requiredContainers(policy),
      ...assigned(policy),
    },
  };
}

/** What a pod that says and shows nothing gets: a runtime, the minimum of its namespace at most, or nothing at all. */
function assigned({ unlabelled }: RuntimePolicy): Parameters {
  if (unlabelled === 'deny') return {};
  return { unlabelled: unlabelled === 'ignore' ? {} : { runtime: unlabelled.assign } };
}

/** The rules that decide whether a pod is left alone; none where no rule exempts. */
function exemptingRules({ rules }: RuntimePolicy): readonly Rule[] {
  const exempts = rules.some(({ exempt }) => exempt !== undefined);
  return exempts ? rules.filter(({ runtime }) => runtime === undefined) : [];
}

const rules = (some: readonly Rule[]) => listOrNone('rules', some.map(ruleParameters));

const graphs = new WeakMap<Rule, ReturnType<typeof decisionGraph>>();

/** Made once for a rule: every kind, stage and scope carries it. */
function graphOf(rule: Rule): ReturnType<typeof decisionGraph> {
  const known = graphs.get(rule) ?? decisionGraph(rule.when);
  graphs.set(rule, known);
  return known;
}

/** What every kind of constraint needs of a rule. */
function ruleParameters(rule: Rule) {
  const { name, runtime, deny, exempt } = rule;
  return {
    name,
    when: graphOf(rule),
    ...(runtime !== undefined && { runtime }),
    ...(deny !== undefined && { deny }),
    ...(exempt !== undefined && { exempt }),
  };
}

const enforceOf = ({ enforce }: Rule) => enforce && { enforce };

function requiredContainers({ required }: RuntimePolicy) {
  return required.map(({ namespaces, container }) => ({ namespaces, container }));
}

function minimum(policy: RuntimePolicy): Parameters {
  const least = policy.minimum.map(({ namespaces, runtime }) => ({ namespaces, runtime }));
  return listOrNone('minimum', least);
}

function listOrNone(name: string, list: readonly unknown[]): Parameters {
  return list.length === 0 ? {} : { [name]: list };
}

function base({ labelKey, runtimes, helpUrl }: RuntimePolicy) {
  return {
    labelKey,
    ...(helpUrl !== undefined && { helpUrl }),
    runtimes: runtimes.map(({ name, runtimeClassName }) => ({ name, runtimeClassName })),
  };
}
