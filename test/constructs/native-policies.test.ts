/** The policy inside the API server, for those who ask for it. */
import { App } from 'cdk8s';
import { defineSandbox, SandboxChart, type SandboxInput } from '../../constructs';
import { planDeployment } from '../../deploy/plan';

const bundles = { webhook: 'webhook', rotator: 'rotator', installer: 'installer' };

const policy: SandboxInput['policy'] = {
  runtimes: [{ name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' }],
};

function planned(settings: Partial<SandboxInput>): string[] {
  const config = defineSandbox({ policy, ...settings });
  const chart = new SandboxChart(new App(), 'platform', { config, bundles });
  return planDeployment(chart).map(
    ({ manifest: { kind, metadata } }) => `${kind}/${metadata.name}`,
  );
}

const NATIVE = [
  'ValidatingAdmissionPolicy/ai-sandbox-deny',
  'ValidatingAdmissionPolicyBinding/ai-sandbox-deny',
];

test('is deployed after the webhooks', () => {
  const order = planned({ engines: { validation: ['native', 'gatekeeper'] } });
  expect(order.slice(-3)).toEqual(['MutatingWebhookConfiguration/ai-runtime-mutator', ...NATIVE]);
});

test('is not deployed unless the settings say so', () => {
  expect(planned({}).filter((id) => NATIVE.includes(id))).toEqual([]);
});

test('does not replace Gatekeeper', () => {
  expect(() => defineSandbox({ policy, engines: { validation: ['native'] } })).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      problems: [
        {
          path: 'engines.validation',
          reason: 'must name "gatekeeper", which also audits stored pods',
          fix: 'add "gatekeeper"',
        },
      ],
    }) as Error,
  );
});
