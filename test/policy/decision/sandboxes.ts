/** Generated policies with every effect, and the RuntimeClasses of their runtimes. */
import * as fc from 'fast-check';
import { createDecider } from '../../../policy/decision/decide';
import { definePolicy } from '../../../policy/model/define';
import { policyHash } from '../../../policy/model/policy-hash';
import type { RuntimeClass } from '../../../policy/model/runtime-class';
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import { compileMatcher } from '../../../policy/rules/compiled/compile';
import { CONTEXT, policies, RUNTIMES } from '../arbitraries';

/** Of the generated policies' runtimes. Two are of the same pool, so that some entries are of both classes. */
export const CLASSES: readonly RuntimeClass[] = RUNTIMES.map(
  ({ name, runtimeClassName }, index) => ({
    name: runtimeClassName,
    overhead: { cpu: '250m', memory: `${(index + 1) * 100}Mi` },
    nodeSelector: { pool: index === 0 ? 'shared' : 'vm', [`has-${name}`]: 'true' },
    tolerations: [
      {
        key: 'pool',
        operator: 'Equal',
        value: index === 0 ? 'shared' : 'vm',
        effect: 'NoSchedule',
      },
    ],
  }),
);

/** With rules that refuse and exempt, and a minimum. */
export const fullPolicies: fc.Arbitrary<RuntimePolicyInput> = fc
  .tuple(policies(), fc.boolean(), fc.boolean(), fc.option(fc.constantFrom('firecracker', 'kata')))
  .map(([input, exempts, denies, minimum]) => ({
    ...input,
    rules: [
      ...(input.rules ?? []),
      ...(exempts
        ? [{ name: 'agents', when: image('team-a'), exempt: 'they need the kernel' }]
        : []),
      ...(denies ? [{ name: 'models', when: image('team-b'), deny: 'they run elsewhere' }] : []),
    ],
    minimum: minimum === null ? [] : [{ namespaces: [CONTEXT.namespace], runtime: minimum }],
  }));

const image = (contains: string) => ({ container: { image: { contains } } });

export function decidersOf(input: RuntimePolicyInput) {
  const policy = definePolicy(input);
  const matcher = compileMatcher(policy);
  return {
    hash: policyHash(policy),
    knowing: createDecider(policy, matcher, CLASSES),
    ignorant: createDecider(policy, matcher),
  };
}
