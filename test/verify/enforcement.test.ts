/** A verification of policies that only warn or audit, everywhere or in places: what cannot be tried is not run, and says why. */
import { defineSandbox, type SandboxConfig, type SandboxInput } from '../../constructs';
import { ENABLED_LABEL } from '../../base/names';
import { verify } from '../../verify/run';
import { object, type FakeApi } from '../deploy/fake-api';
import { EXAMPLE, KATA_HANDLER } from '../policy/fixtures';
import { soundCluster, withNode } from './admission';
import { findingsOf } from './checks';

const follow = (changes: Partial<SandboxInput['policy']>): SandboxConfig =>
  defineSandbox({ policy: { ...EXAMPLE, ...changes } });

async function stepsOf(followed: SandboxConfig, prepare: (api: FakeApi) => void = () => undefined) {
  const api = soundCluster(followed);
  prepare(api);
  const report = await verify({ api, config: followed, signal: new AbortController().signal });
  return Object.fromEntries(
    report.steps.map((step) => [
      step.id,
      step.status === 'not-run' ? `not-run: ${step.reason}` : step.status,
    ]),
  );
}

const enable = (name: string) => (api: FakeApi) =>
  api.put({
    ...object('v1', `Namespace/${name}`),
    metadata: {
      name,
      labels: {
        [ENABLED_LABEL]: 'true',
        'kubernetes.io/metadata.name': name,
        'pod-security.kubernetes.io/enforce': 'baseline',
      },
    },
  });

const NOWHERE = `not-run: no namespace in which the policy is enforced is labelled ${ENABLED_LABEL}=true`;

test.each(['warn', 'audit'] as const)(
  'a policy that only means %s: what reads passes, and no trial counts as passed',
  async (enforcement) => {
    const { audit, ...steps } = await stepsOf(follow({ enforcement }));
    expect(steps).toEqual({
      preflight: 'pass',
      'webhook-mutator': 'pass',
      'webhook-gatekeeper': 'pass',
      constraints: 'pass',
      exemptions: 'pass',
      namespaces: 'pass',
      'hollow-pods': 'pass',
      'label-kata': NOWHERE,
      'label-gvisor': NOWHERE,
      'unlabelled-refused': 'not-run: the policy requires the label only where it warns or audits',
      'rule-pytorch': NOWHERE,
      'rule-pytorch-split': NOWHERE,
      'rule-scikit': NOWHERE,
      'mislabelled-refused': NOWHERE,
      'proof-kata': expect.stringMatching(/^not-run: none of 0 ready nodes/) as string,
      'proof-gvisor': expect.stringMatching(/^not-run: none of 0 ready nodes/) as string,
      control: expect.stringMatching(/^not-run: /) as string,
      'network-policies': expect.stringMatching(/^not-run: /) as string,
    });
    // Without a constraint for what is not enforced the audit has nothing to report.
    expect(audit).toMatch(/^(pass$|not-run: the policy is not enforced in a new namespace)/);
  },
);

test('a proof is not run in a namespace where a label chooses nothing', async () => {
  const steps = await stepsOf(follow({ enforcement: 'warn' }), (api) =>
    withNode(api, [KATA_HANDLER], '6.12.1'),
  );
  expect(steps['proof-kata']).toBe(NOWHERE);
});

test('the trials use the namespace of a tenant that is enforced, whatever the policy says of others', async () => {
  const followed = follow({
    enforcement: 'audit',
    tenants: [{ namespaces: ['ai-production'], enforcement: 'deny' }],
  });
  expect(await stepsOf(followed, enable('a-first-one'))).toMatchObject({
    preflight: 'pass',
    'label-kata': 'pass',
    'unlabelled-refused': 'pass',
    'rule-pytorch': 'pass',
    'mislabelled-refused': 'pass',
  });
});

test('where only the namespace of the trials is softer, they use another', async () => {
  const followed = follow({ tenants: [{ namespaces: ['ai-production'], enforcement: 'audit' }] });
  expect(await stepsOf(followed)).toMatchObject({ 'label-kata': NOWHERE, 'rule-pytorch': NOWHERE });
  expect(await stepsOf(followed, enable('team-b'))).toMatchObject({
    'label-kata': 'pass',
    'rule-pytorch': 'pass',
    'mislabelled-refused': 'pass',
  });
});

test('parts that only warn refuse and choose nothing', async () => {
  const enforcement = 'warn';
  const followed = follow({
    rules: (EXAMPLE.rules ?? []).map((rule) => ({ ...rule, enforcement })),
    required: (EXAMPLE.required ?? []).map((requirement) => ({ ...requirement, enforcement })),
  });
  expect(await stepsOf(followed)).toMatchObject({
    'label-kata': 'pass',
    'unlabelled-refused': 'not-run: the policy requires the label only where it warns or audits',
    'rule-pytorch': 'not-run: no rule of the policy chooses a runtime for this pod',
    'mislabelled-refused': 'not-run: no rule of the policy refuses this pod',
  });
});

test('a runtime below the minimum of the namespace is not tried', async () => {
  const followed = follow({ minimum: [{ namespaces: ['ai-production'], runtime: 'kata' }] });
  expect(await stepsOf(followed)).toMatchObject({
    'label-kata': 'pass',
    'label-gvisor': expect.stringMatching(
      /^not-run: the policy refuses the pod in namespace ai-production: Pod secure-ai-gvisor-test-\w+ needs at least runtime kata in /,
    ) as string,
  });
});

test.each([
  ['is only audited', { enforcement: 'audit' }],
  ['may be privileged in Kata', { guardrails: { privileged: 'kata-only' } }],
] as const)('no Pod Security level is expected of a namespace that %s', async (_, tenant) => {
  const open = (api: FakeApi) => {
    for (const name of ['lenient', 'strict'])
      api.put({
        ...object('v1', `Namespace/${name}`),
        metadata: { name, labels: { [ENABLED_LABEL]: 'true' } },
      });
  };
  const followed = follow({ tenants: [{ namespaces: ['lenient'], ...tenant }] });
  const api = soundCluster(followed);
  open(api);
  const { namespaces } = await findingsOf(api, followed);
  expect(namespaces?.map(({ path }) => path)).toEqual(['Namespace/strict']);
});
