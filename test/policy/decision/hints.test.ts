/** What a denial says behind its sentence: what the pod has, which container matched, what to change, and where to read on. */
import { createDecider } from '../../../policy/decision/decide';
import type { DenialCode } from '../../../policy/decision/decision';
import { textOf } from '../../../policy/decision/validate';
import { definePolicy } from '../../../policy/model/define';
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import { CONTEXT, EXAMPLE, makePod } from '../fixtures';

const MINER = {
  name: 'no_miners',
  when: { any: [{ container: { image: { contains: 'miner' } } }, { pod: { hostPID: true } }] },
  deny: 'it mines',
};

function said(pod: unknown, changes: Partial<RuntimePolicyInput> = {}) {
  const policy = definePolicy({ ...EXAMPLE, unlabelled: 'deny', ...changes });
  const denials = createDecider(policy).validate(pod, CONTEXT);
  return Object.fromEntries(denials.map((denial) => [denial.code, textOf(denial)])) as Partial<
    Record<DenialCode, string>
  >;
}

test.each<[DenialCode, unknown, Partial<RuntimePolicyInput>, string]>([
  [
    'UNKNOWN_RUNTIME',
    makePod({ label: 'runc' }),
    {},
    'Pod demo asks for runtime runc, which is not one of gvisor, kata. Set label secure-ai.io/runtime to one of them, or remove it',
  ],
  [
    'UNKNOWN_CLASS',
    makePod({ class: 'runc' }),
    {},
    'Pod demo uses runtimeClassName runc, which is not one of gvisor, kata. Set runtimeClassName to one of them, or remove it',
  ],
  [
    'LABEL_REQUIRED',
    makePod({ container: 'ai-model' }),
    {},
    'Pod demo requires label secure-ai.io/runtime to use runtime kata. Container ai-model needs it, and the label is none',
  ],
  [
    'RULE_VIOLATED',
    makePod({ image: 'pytorch', cpu: '8', label: 'gvisor' }),
    {},
    'Workload demo with high compute requires runtime kata. Its label is gvisor and its class none; container main matched. Remove both, or set them to kata and kata',
  ],
  [
    'CLASS_MISMATCH',
    makePod({ label: 'kata', class: 'gvisor' }),
    {},
    'Pod demo has runtime label kata but runtimeClassName gvisor. Set runtimeClassName to kata, or remove it',
  ],
  [
    'DENIED',
    makePod({ image: 'miner' }),
    { rules: [MINER] },
    'Pod demo is refused by no miners: it mines. In it container main matched',
  ],
  [
    'BELOW_MINIMUM',
    makePod({ label: 'gvisor' }),
    { minimum: [{ namespaces: ['ai-production'], runtime: 'kata' }] },
    'Pod demo needs at least runtime kata in namespace ai-production. Its label is gvisor and its class none. Remove both, or set them to kata and kata',
  ],
  [
    'HOLLOW_SANDBOX',
    { spec: { hostPID: true }, metadata: { name: 'demo' } },
    {},
    'Pod demo shares the processes of its node, which leads around its sandbox. Remove that; only an administrator can open guardrail hostPID',
  ],
  [
    'UNSANDBOXED',
    makePod(),
    {},
    'Pod demo in namespace ai-production would run outside a sandbox. Set label secure-ai.io/runtime to one of gvisor, kata',
  ],
])('%s', (code, pod, changes, text) => {
  expect(said(pod, changes)[code]).toBe(text);
});

test('a rule that the pod as a whole matched says so', () => {
  const pod = { metadata: { name: 'demo' }, spec: { hostPID: true } };
  expect(said(pod, { rules: [MINER] }).DENIED).toMatch(/In it the pod as a whole matched$/);
});

test('a container inside a not is none that matched, five are named and the others counted', () => {
  const when = {
    container: { name: 'c*' },
    not: { container: { image: { contains: 'miner' } } },
  };
  const containers = ['c9', 'c1', 'x', 'c2', 'c3', 'c4', 'c5'].map((name) => ({ name }));
  const rules = [{ name: 'r', when, deny: 'no' }];
  expect(said({ metadata: { name: 'demo' }, spec: { containers } }, { rules }).DENIED).toMatch(
    /container c1, c2, c3, c4, c5 and 1 more matched$/,
  );
});

test('the page of the policy is behind each', () => {
  const helpUrl = 'https://example.com/sandboxes';
  expect(said(makePod(), { helpUrl }).UNSANDBOXED).toMatch(
    /gvisor, kata\. See https:\/\/example\.com\/sandboxes$/,
  );
});

test.each(['example.com', 'javascript:alert(1)', ''])('%j is no page', (helpUrl) => {
  expect(() => definePolicy({ ...EXAMPLE, helpUrl })).toThrow(/helpUrl/);
});
