/** What constraints carry of rules that do more than choose a runtime, of minimums, guardrails and enforcement. */
import { constraints } from '../../../../policy/engines/rego';
import { definePolicy } from '../../../../policy/model/define';
import type { RuntimePolicyInput } from '../../../../policy/model/runtime-policy';
import { EXAMPLE } from '../../fixtures';

const constraintsOf = (input: Partial<RuntimePolicyInput>) =>
  constraints(definePolicy({ ...EXAMPLE, ...input }));

const namesOf = (input: Partial<RuntimePolicyInput>) =>
  constraintsOf(input).map(({ kind, metadata }) => `${kind}/${metadata.name}`);

const parametersOf = (input: Partial<RuntimePolicyInput>) =>
  Object.fromEntries(constraintsOf(input).map(({ kind, spec }) => [kind, spec.parameters]));

describe('deny, exempt and minimum', () => {
  const exempting = [
    { name: 'agents', when: { pod: { hostPID: true } }, exempt: 'they watch the node' },
    { name: 'secrets', when: { pod: { volumes: ['secret'] } }, deny: 'they hold secrets' },
    { name: 'model', when: { container: { name: 'model' } }, runtime: 'kata' },
  ];
  const rulesIn = (parameters: unknown) =>
    (parameters as { rules?: readonly { readonly name: string }[] }).rules?.map(({ name }) => name);

  test('a policy that only exempts has nothing for K8sDynamicRuntime to say', () => {
    expect(namesOf({ rules: exempting.slice(0, 1), required: [] })).toEqual([
      'K8sSandboxedRuntime/enforce-sandbox',
    ]);
    expect(namesOf({ rules: exempting.slice(1, 2), required: [] })).toEqual([
      'K8sDynamicRuntime/enforce-dynamic-ai-runtime',
      'K8sSandboxedRuntime/enforce-sandbox',
    ]);
  });

  test('every constraint knows whom rules exempt, and whom they deny all the same', () => {
    const all = ['agents', 'secrets', 'model'];
    const parameters = parametersOf({ rules: exempting });
    expect(rulesIn(parameters['K8sRequiredRuntime'])).toEqual(['agents', 'secrets']);
    expect(rulesIn(parameters['K8sDynamicRuntime'])).toEqual(all);
    expect(rulesIn(parameters['K8sSandboxedRuntime'])).toEqual(all);
    const ignoring = parametersOf({ rules: exempting, unlabelled: 'ignore' });
    expect(rulesIn(ignoring['K8sSandboxedRuntime'])).toEqual(['agents', 'secrets']);
  });

  test('where no rule exempts, constraints carry the rules they judge by and no more', () => {
    const parameters = parametersOf({ rules: exempting.slice(1), unlabelled: 'ignore' });
    expect(rulesIn(parameters['K8sRequiredRuntime'])).toBeUndefined();
    expect(rulesIn(parameters['K8sSandboxedRuntime'])).toBeUndefined();
  });

  test('a minimum refuses unlabelled pods that are ignored elsewhere', () => {
    const minimum = [{ namespaces: ['ai-production'], runtime: 'kata' }];
    const codeUnder = (input: Partial<RuntimePolicyInput>) =>
      parametersOf(input)['K8sSandboxedRuntime'];
    expect(codeUnder({ minimum, unlabelled: 'ignore' })).toMatchObject({
      minimum,
      unlabelled: { code: 'BELOW_MINIMUM' },
    });
    expect(codeUnder({ minimum })).toHaveProperty('unlabelled.code', 'UNSANDBOXED');
    expect(codeUnder({})).not.toHaveProperty('minimum');
  });
});
