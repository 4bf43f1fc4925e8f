/** Validation: every reason to refuse a pod as it stands, after whatever changed it. */
import { demandsOf, isMirror, type Demands } from './demands';
import {
  acceptableToRequirement,
  acceptableToRules,
  applicableRequirements,
  runtimeNamed,
  runtimeOfClass,
  strengthOf,
  strongestRule,
} from './strength';
import type { Denial, DenialCode } from './decision';
import { DENIAL_CODES } from './decision';
import { hollowness } from './guardrails';
import { DENIAL_HINTS, DENIAL_MESSAGES, filled, listed, MATCHED, SEE } from './messages';
import type { PodFacts } from '../pod/facts';
import type { Rule, Runtime, RuntimePolicy } from '../model/runtime-policy';
import { matchedContainers } from '../rules/matched';

/** What a denial says besides what every denial may say of its pod. */
type Values = Readonly<Record<string, string>>;

interface Reason {
  readonly code: DenialCode;
  readonly values: Values;
}

/**
 * Every denial that applies, in the order of `DENIAL_CODES` and then of the messages; none twice.
 *
 * A label that names no runtime is acceptable to no rule and no requirement, so `UNKNOWN_RUNTIME` may come with `RULE_VIOLATED` and
 * `LABEL_REQUIRED`; a known label beside an unknown class gives `UNKNOWN_CLASS` and `CLASS_MISMATCH`.
 */
export function denialsOf(
  policy: RuntimePolicy,
  facts: PodFacts,
  matching: readonly Rule[],
): readonly Denial[] {
  const demands = demandsOf(policy, facts, matching);
  if (isMirror(facts) || demands.exempting.length > 0) return [];
  const reasons = [
    ...unknownRuntime(policy, facts),
    ...unknownClass(policy, facts),
    ...labelRequired(policy, facts),
    ...ruleViolated(policy, facts, demands),
    ...classMismatch(policy, facts),
    ...denied(facts, demands),
    ...belowMinimum(policy, facts, demands),
    ...hollowSandbox(policy, facts),
  ];
  const all = reasons.length === 0 ? unsandboxed(policy, facts, demands) : reasons;
  if (all.length === 0) return [];
  const common = commonValues(policy, facts);
  return sorted(all.map(({ code, values }) => denial(policy, code, { ...common, ...values })));
}

function commonValues(policy: RuntimePolicy, facts: PodFacts): Values {
  return {
    pod: facts.displayName,
    namespace: facts.namespace,
    labelKey: policy.labelKey,
    label: facts.labels.get(policy.labelKey) ?? 'none',
    class: facts.runtimeClassName ?? 'none',
    runtimes: policy.runtimes.map((runtime) => runtime.name).join(', '),
    classes: policy.runtimes.map((runtime) => runtime.runtimeClassName).join(', '),
  };
}

function denial({ helpUrl }: RuntimePolicy, code: DenialCode, values: Values): Denial {
  const hint = filled<string>(DENIAL_HINTS[code], values);
  const see = helpUrl === undefined ? '' : filled(SEE, { helpUrl });
  return { code, message: filled<string>(DENIAL_MESSAGES[code], values), hint: hint + see };
}

/** Names of a runtime and its class, as a hint asks for them. */
const wanted = (runtime: Runtime | undefined): Values => ({
  runtime: runtime?.name ?? '',
  runtimeClass: runtime?.runtimeClassName ?? '',
});

function unknownRuntime(policy: RuntimePolicy, facts: PodFacts): Reason[] {
  const label = facts.labels.get(policy.labelKey);
  if (label === undefined || runtimeNamed(policy, label) !== undefined) return [];
  return [{ code: 'UNKNOWN_RUNTIME', values: { value: label } }];
}

function unknownClass(policy: RuntimePolicy, facts: PodFacts): Reason[] {
  const { runtimeClassName } = facts;
  if (runtimeClassName === undefined || runtimeOfClass(policy, runtimeClassName)) return [];
  return [{ code: 'UNKNOWN_CLASS', values: {} }];
}

function labelRequired(policy: RuntimePolicy, facts: PodFacts): Reason[] {
  const label = facts.labels.get(policy.labelKey);
  return applicableRequirements(policy, facts)
    .filter((requirement) => !acceptableToRequirement(policy, requirement, label))
    .map(({ runtime, container }) => ({
      code: 'LABEL_REQUIRED',
      values: { runtime, container },
    }));
}

function ruleViolated(policy: RuntimePolicy, facts: PodFacts, { binding }: Demands): Reason[] {
  const rule = strongestRule(policy, binding);
  const label = facts.labels.get(policy.labelKey);
  if (rule === undefined || acceptableToRules(policy, binding, label)) return [];
  const runtime = wanted(runtimeNamed(policy, rule.runtime));
  return [
    { code: 'RULE_VIOLATED', values: { title: rule.title, ...runtime, ...matched(rule, facts) } },
  ];
}

function matched(rule: Rule, facts: PodFacts): Values {
  const names = matchedContainers(rule, facts);
  const some = names.length === 0 ? MATCHED.pod : MATCHED.containers;
  return { matched: filled<string>(some, { names: listed(names) }) };
}

function classMismatch(policy: RuntimePolicy, facts: PodFacts): Reason[] {
  const runtime = runtimeNamed(policy, facts.labels.get(policy.labelKey));
  if (runtime === undefined || runtime.runtimeClassName === facts.runtimeClassName) return [];
  return [{ code: 'CLASS_MISMATCH', values: wanted(runtime) }];
}

function denied(facts: PodFacts, { denying }: Demands): Reason[] {
  return denying.map((rule) => ({
    code: 'DENIED',
    values: { title: rule.title, reason: rule.deny ?? '', ...matched(rule, facts) },
  }));
}

/** What the label names and what the class belongs to, whichever is known, must both be strong enough. */
function belowMinimum(policy: RuntimePolicy, facts: PodFacts, demands: Demands): Reason[] {
  const weakest = strengthOf(policy, demands.minimum?.name);
  const known = [
    runtimeNamed(policy, facts.labels.get(policy.labelKey)),
    runtimeOfClass(policy, facts.runtimeClassName),
  ];
  const isBelow = known.some((runtime) => runtime && strengthOf(policy, runtime.name) < weakest);
  return isBelow ? [minimumMissed(demands)] : [];
}

function minimumMissed({ minimum }: Demands): Reason {
  return { code: 'BELOW_MINIMUM', values: wanted(minimum) };
}

function hollowSandbox(policy: RuntimePolicy, facts: PodFacts): Reason[] {
  return hollowness(policy, facts).map(({ guardrail, what }) => ({
    code: 'HOLLOW_SANDBOX',
    values: { what, guardrail },
  }));
}

/** Asked only where nothing else applies. A pod without a label but with a known class is in a sandbox. */
function unsandboxed(policy: RuntimePolicy, facts: PodFacts, demands: Demands): Reason[] {
  const saysNothing = !facts.labels.has(policy.labelKey) && facts.runtimeClassName === undefined;
  if (!saysNothing) return [];
  if (policy.unlabelled === 'ignore') {
    return demands.minimum === undefined ? [] : [minimumMissed(demands)];
  }
  return [{ code: 'UNSANDBOXED', values: {} }];
}

function sorted(denials: readonly Denial[]): readonly Denial[] {
  const unique = new Map(denials.map((one) => [`${one.code} ${textOf(one)}`, one]));
  const rank = ({ code }: Denial) => DENIAL_CODES.indexOf(code);
  return [...unique.values()].sort((a, b) => rank(a) - rank(b) || (textOf(a) < textOf(b) ? -1 : 1));
}

/** A denial as it is told: what is wrong, what the pod has and what to change. */
export function textOf({ message, hint }: Pick<Denial, 'message' | 'hint'>): string {
  return `${message}. ${hint}`;
}
