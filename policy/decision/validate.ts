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
import { DENIAL_MESSAGES, filled, HOLLOW_ANNOTATIONS, MOST_NAMED_ANNOTATIONS } from './messages';
import type { PodFacts } from '../pod/facts';
import { globMatches } from '../../base/glob';
import type { Rule, RuntimePolicy } from '../model/runtime-policy';
import { SANDBOX_ANNOTATION_PREFIXES } from '../../base/names';

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

/**
 * Keys of annotations that configure the sandbox and that its runtime does not allow, sorted. What runs is the class, so the allow-list is that of
 * the class, and without one nothing is allowed. Keys are compared with their case, as everything does that reads them (containerd
 * v2.3.7 internal/cri/util/util.go, PassThroughAnnotations; gvisor runsc/specutils/specutils.go): a key in other letters has no
 * effect.
 */
export function hollowAnnotations(
  policy: RuntimePolicy,
  { runtimeClassName, annotations }: Pick<PodFacts, 'runtimeClassName' | 'annotations'>,
): readonly string[] {
  const allowed = runtimeOfClass(policy, runtimeClassName)?.allowedAnnotations ?? [];
  return [...annotations.keys()]
    .filter((key) => SANDBOX_ANNOTATION_PREFIXES.some((prefix) => key.startsWith(prefix)))
    .filter((key) => !allowed.some((glob) => globMatches(glob, key)))
    .sort();
}

function hollowSandbox(policy: RuntimePolicy, facts: PodFacts): Denial[] {
  const keys = hollowAnnotations(policy, facts);
  if (keys.length === 0) return [];
  const omitted = keys.length - MOST_NAMED_ANNOTATIONS;
  const howMany = keys.length === 1 ? 'one' : omitted <= 0 ? 'several' : 'many';
  const what = filled(HOLLOW_ANNOTATIONS[howMany], {
    keys: keys.slice(0, MOST_NAMED_ANNOTATIONS).join(', '),
    omitted: String(omitted),
  });
  const message = filled(DENIAL_MESSAGES.HOLLOW_SANDBOX, { pod: facts.displayName, what });
  return [{ code: 'HOLLOW_SANDBOX', message }];
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
