/** Arbitraries of policies as a user writes them, all of them valid. */
import * as fc from 'fast-check';
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import type { Options as ConditionOptions } from './conditions';
import { conditions } from './conditions';
import { from, NAMES, RUNTIMES } from './vocabulary';

type RuleInput = NonNullable<RuntimePolicyInput['rules']>[number];
type Effect = Pick<RuleInput, 'runtime' | 'enforce' | 'deny' | 'exempt'>;

interface Options extends ConditionOptions {
  /** Whether rules may leave pods alone, which then run in no sandbox. @default false */
  readonly exempting?: boolean;
}

const runtime = from(RUNTIMES.map(({ name }) => name));
const someNamespace = from(['ai-production', 'other']).map((namespace) => [namespace]);

function effects({ exempting = false }: Options): fc.Arbitrary<Effect> {
  const reason = from(['of a {pod} like $&', 'nobody asked']);
  return fc.oneof(
    { weight: 6, arbitrary: fc.record<Effect>({ runtime, enforce: from(['exactly', 'atLeast']) }) },
    { weight: 1, arbitrary: fc.record<Effect>({ deny: reason }) },
    { weight: exempting ? 1 : 0, arbitrary: fc.record<Effect>({ exempt: reason }) },
  );
}

const ALLOW = 'allow' as const;
/** All open but that for annotations: pods that are refused for a guardrail show less of everything else. */
const OPEN: RuntimePolicyInput['guardrails'] = {
  ...{ hostPaths: ALLOW, hostNetwork: ALLOW, hostPID: ALLOW, hostIPC: ALLOW },
  ...{ privileged: ALLOW, systemPriority: ALLOW, nodeName: ALLOW, windows: ALLOW },
};

export function policies(options: Options = { positive: false }): fc.Arbitrary<RuntimePolicyInput> {
  const rule = fc
    .tuple(conditions(options), effects(options))
    .map(([when, effect]) => ({ when, ...effect }));
  const requirement = fc.record({
    namespaces: someNamespace,
    container: from(NAMES),
    runtime,
    enforce: from(['present', 'exactly', 'atLeast'] as const),
  });
  const policy = fc.record({
    runtimes: fc.constant(RUNTIMES),
    rules: fc
      .array(rule, { maxLength: 6 })
      .map((rules) => rules.map((members, index) => ({ name: `rule-${index}`, ...members }))),
    required: fc.array(requirement, { maxLength: 2 }),
    minimum: fc.array(fc.record({ namespaces: someNamespace, runtime }), { maxLength: 2 }),
    unlabelled: fc.oneof(
      runtime.map((assign) => ({ assign })),
      from(['deny', 'ignore'] as const),
    ),
  });
  return fc
    .tuple(policy, fc.boolean())
    .map(([members, isOpen]) => (isOpen ? { ...members, guardrails: OPEN } : members));
}
