/** The lints: what is valid in a policy and still most likely not meant. */
import type { Problem } from '../../base/errors';

/** Each code with one sentence for docs/policy.md, in the order of that table. */
export const LINT_SUMMARIES = {
  CONDITION_NEVER_HOLDS: 'No pod can satisfy the condition.',
  CONDITION_ALWAYS_HOLDS:
    'Every pod, or inside `container` every container, satisfies the condition.',
  RULE_SHADOWED:
    'Another rule matches the same pods and decides at least as much, so the rule changes no outcome.',
  RULES_CONTRADICT:
    'Two rules, two requirements, or one of them and a minimum ask the same pods for runtimes that exclude each other.',
  NOT_AROUND_CONTAINER:
    '`not` around `container` holds when no container satisfies it, so one more container switches the rule off.',
  BLIND_TO_POD_TOTALS:
    'A rule compares the resources of single containers, so spreading them over containers or stating them for the pod avoids it.',
  HANDLER_IS_NO_SANDBOX:
    'The handler of a runtime runs containers on the kernel of the node, without a sandbox.',
  EXEMPTION_BY_AUTHOR: 'Everyone who can create a pod can meet the condition of an exemption.',
} as const satisfies Readonly<Record<string, string>>;

export type LintCode = keyof typeof LINT_SUMMARIES;

/** One finding. `path` starts at the policy, as in `rules[2].when.not.container`. */
export interface Lint extends Problem {
  readonly code: LintCode;
}
