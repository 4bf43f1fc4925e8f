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
import type { Denial } from './decision';
import { DENIAL_CODES } from './decision';
import { hollowness } from './guardrails';
import { DENIAL_MESSAGES, filled } from './messages';
import type { PodFacts } from '../pod/facts';
import type { Rule, RuntimePolicy } from '../model/runtime-policy';

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
  const denials = [
    ...unknownRuntime(policy, facts),
    ...unknownClass(policy, facts),
    ...labelRequired(policy, facts),
    ...ruleViolated(policy, facts, demands),
    ...classMismatch(policy, facts),
    ...denied(facts, demands),
    ...belowMinimum(policy, facts, demands),
    ...hollowSandbox(policy, facts),
  ];
  return sorted(denials.length === 0 ? unsandboxed(policy, facts, demands) : denials);
}

function unknownRuntime(policy: RuntimePolicy, facts: PodFacts): Denial[] {
  const label = facts.labels.get(policy.labelKey);
  if (label === undefined || runtimeNamed(policy, label) !== undefined) return [];
  const message = filled(DENIAL_MESSAGES.UNKNOWN_RUNTIME, {
    pod: facts.displayName,
    value: label,
    runtimes: policy.runtimes.map((runtime) => runtime.name).join(', '),
  });
  return [{ code: 'UNKNOWN_RUNTIME', message }];
}

function unknownClass(policy: RuntimePolicy, facts: PodFacts): Denial[] {
  const { runtimeClassName } = facts;
  if (runtimeClassName === undefined || runtimeOfClass(policy, runtimeClassName)) return [];
  const message = filled(DENIAL_MESSAGES.UNKNOWN_CLASS, {
    pod: facts.displayName,
    class: runtimeClassName,
    classes: policy.runtimes.map((runtime) => runtime.runtimeClassName).join(', '),
  });
  return [{ code: 'UNKNOWN_CLASS', message }];
}

function labelRequired(policy: RuntimePolicy, facts: PodFacts): Denial[] {
  const label = facts.labels.get(policy.labelKey);
  return applicableRequirements(policy, facts)
    .filter((requirement) => !acceptableToRequirement(policy, requirement, label))
    .map(({ runtime }) => ({
      code: 'LABEL_REQUIRED',
      message: filled(DENIAL_MESSAGES.LABEL_REQUIRED, {
        pod: facts.displayName,
        labelKey: policy.labelKey,
        runtime,
      }),
    }));
}

function ruleViolated(policy: RuntimePolicy, facts: PodFacts, { binding }: Demands): Denial[] {
  const rule = strongestRule(policy, binding);
  const label = facts.labels.get(policy.labelKey);
  if (rule === undefined || acceptableToRules(policy, binding, label)) return [];
  const { title, runtime } = rule;
  const message = filled(DENIAL_MESSAGES.RULE_VIOLATED, { pod: facts.displayName, title, runtime });
  return [{ code: 'RULE_VIOLATED', message }];
}

function classMismatch(policy: RuntimePolicy, facts: PodFacts): Denial[] {
  const runtime = runtimeNamed(policy, facts.labels.get(policy.labelKey));
  if (runtime === undefined || runtime.runtimeClassName === facts.runtimeClassName) return [];
  const message = filled(DENIAL_MESSAGES.CLASS_MISMATCH, {
    pod: facts.displayName,
    label: runtime.name,
    class: facts.runtimeClassName ?? 'none',
  });
  return [{ code: 'CLASS_MISMATCH', message }];
}

function hollowSandbox(policy: RuntimePolicy, facts: PodFacts): Denial[] {
  return hollowness(policy, facts).map(({ what }) => ({
    code: 'HOLLOW_SANDBOX',
    message: filled(DENIAL_MESSAGES.HOLLOW_SANDBOX, { pod: facts.displayName, what }),
  }));
}

function denied(facts: PodFacts, { denying }: Demands): Denial[] {
  return denying.map(({ title, deny = '' }) => ({
    code: 'DENIED',
    message: filled(DENIAL_MESSAGES.DENIED, { pod: facts.displayName, title, reason: deny }),
  }));
}

/** What the label names and what the class belongs to, whichever is known, must both be strong enough. */
function belowMinimum(policy: RuntimePolicy, facts: PodFacts, demands: Demands): Denial[] {
  const weakest = strengthOf(policy, demands.minimum?.name);
  const known = [
    runtimeNamed(policy, facts.labels.get(policy.labelKey)),
    runtimeOfClass(policy, facts.runtimeClassName),
  ];
  const isBelow = known.some((runtime) => runtime && strengthOf(policy, runtime.name) < weakest);
  return isBelow ? minimumMissed(facts, demands) : [];
}

function minimumMissed(facts: PodFacts, { minimum }: Demands): Denial[] {
  if (minimum === undefined) return [];
  const message = filled(DENIAL_MESSAGES.BELOW_MINIMUM, {
    pod: facts.displayName,
    runtime: minimum.name,
    namespace: facts.namespace,
  });
  return [{ code: 'BELOW_MINIMUM', message }];
}

/** Asked only where nothing else applies. A pod without a label but with a known class is in a sandbox. */
function unsandboxed(policy: RuntimePolicy, facts: PodFacts, demands: Demands): Denial[] {
  const saysNothing = !facts.labels.has(policy.labelKey) && facts.runtimeClassName === undefined;
  if (!saysNothing) return [];
  if (policy.unlabelled === 'ignore') return minimumMissed(facts, demands);
  const message = filled(DENIAL_MESSAGES.UNSANDBOXED, {
    pod: facts.displayName,
    namespace: facts.namespace,
  });
  return [{ code: 'UNSANDBOXED', message }];
}

function sorted(denials: readonly Denial[]): readonly Denial[] {
  const unique = new Map(denials.map((denial) => [`${denial.code} ${denial.message}`, denial]));
  const rank = ({ code }: Denial) => DENIAL_CODES.indexOf(code);
  return [...unique.values()].sort((a, b) => rank(a) - rank(b) || (a.message < b.message ? -1 : 1));
}
