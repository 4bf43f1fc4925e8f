/** However a pod spells what it asks for, the rules that look at the whole pod choose the same; and mirrors are left alone. */
import * as fc from 'fast-check';
import { createDecider } from '../../../policy/decision/decide';
import { definePolicy } from '../../../policy/model/define';
import { compileMatcher } from '../../../policy/rules/compiled/compile';
import type { PodLike } from '../../../policy/pod/pod';
import { CONTEXT, mirrorPods, policies } from '../arbitraries';
import { EXAMPLE } from '../fixtures';

type Spec = NonNullable<PodLike['spec']>;
type Container = NonNullable<Spec['containers']>[number];

const milli = (amount: number) => ({ cpu: `${amount}m` });
const asking = (name: string, amount: number, list: 'requests' | 'limits'): Container => ({
  name,
  image: 'pytorch',
  resources: { [list]: milli(amount) },
});

/** The same amount of CPU for the whole pod, in millicores, spelled in each of the ways Kubernetes knows. */
function spellings(parts: readonly number[]): readonly Spec[] {
  const total = parts.reduce((sum, part) => sum + part, 0);
  const [first = 0, ...others] = parts;
  const plain: Container = { name: 'plain', image: 'pytorch' };
  const split = (list: 'requests' | 'limits') =>
    parts.map((part, index) => asking(`part-${index}`, part, list));
  return [
    { containers: [asking('all', total, 'requests')] },
    { containers: [asking('all', total, 'limits')] },
    { containers: split('requests') },
    { containers: split('limits') },
    { containers: [plain], resources: { requests: milli(total) } },
    { containers: [plain], resources: { limits: milli(total) } },
    { containers: [plain], initContainers: [asking('init', total, 'requests')] },
    {
      containers: [asking('main', first, 'requests')],
      initContainers: others.map((part, index) => ({
        ...asking(`sidecar-${index}`, part, 'requests'),
        restartPolicy: 'Always',
      })),
    },
    { containers: [{ ...plain, resources: { requests: { cpu: String(total / 1000) } } }] },
  ];
}

test('spelling a request another way never changes the runtime that a rule on the pod total gives', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 8000 }),
      fc.constantFrom('gt', 'gte', 'lt', 'lte'),
      (parts, bound, comparison) => {
        const requests = { cpu: { [comparison]: `${bound}m` } };
        const rules = [{ name: 'total', when: { pod: { requests } }, runtime: 'gvisor' }];
        const policy = definePolicy({ ...EXAMPLE, rules });
        const { select } = createDecider(policy, compileMatcher(policy));
        const chosen = spellings(parts).map((spec) => select({ spec }, CONTEXT).runtime?.name);
        expect(new Set(chosen).size).toBe(1);
      },
    ),
    { numRuns: 500 },
  );
});

test('a mirror of a static pod is neither changed nor refused, whatever it is and whatever the policy says', () => {
  fc.assert(
    fc.property(policies(), mirrorPods, (input, pod) => {
      const { decide, validate } = createDecider(definePolicy(input));
      expect(decide(pod, CONTEXT)).toMatchObject({ patch: [], denials: [] });
      expect(validate(pod, CONTEXT)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
