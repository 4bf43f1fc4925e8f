/** What the audit step counts where constraints also warn or only report. */
import { definePolicy } from '../../policy/model/define';
import { constraints } from '../../policy/engines/rego';
import type { RuntimePolicyInput } from '../../policy/model/runtime-policy';
import type { KubernetesObject } from '../../kubernetes/object';
import { audit } from '../../verify/steps/audit';
import { fakeApi } from '../deploy/fake-api';
import { EXAMPLE } from '../policy/fixtures';
import { config } from './admission';
import { sceneOf } from './checks';

const UNSANDBOXED =
  'Pod unsandboxed in namespace secure-ai-verify-test would run outside a sandbox';
const SANDBOXED = 'enforce-sandbox';

/** Runs the step in a cluster whose constraints report these messages of its pod, by name of the constraint. */
async function outcomeOf(
  violations: Readonly<Record<string, string>>,
  changes: Partial<RuntimePolicyInput> = {},
) {
  const changed = definePolicy({ ...EXAMPLE, ...changes });
  const api = fakeApi(
    constraints(changed).map((constraint): KubernetesObject => {
      const message = violations[constraint.metadata.name];
      const reported =
        message === undefined ? [] : [{ namespace: 'secure-ai-verify-test', message }];
      const status = {
        auditTimestamp: '2026-01-01T00:00:00Z',
        totalViolations: reported.length,
        violations: reported,
      };
      return { ...constraint, status };
    }),
  );
  const scene = sceneOf(api, config);
  const create = async (manifest: KubernetesObject) => {
    api.put(manifest);
    return Promise.resolve(manifest);
  };
  return audit().run({ ...scene, policy: changed, create });
}

/** The policy has a softer stage, in which the namespace of the trial is the same. */
const staged = { guardrails: { hostPID: 'warn' as const, hostIPC: 'audit' as const } };

test('a violation of a constraint that denies passes, and those of softer ones are reported beside', async () => {
  const outcome = await outcomeOf(
    { [SANDBOXED]: UNSANDBOXED, [`${SANDBOXED}-warn`]: 'w', [`${SANDBOXED}-audit`]: 'a' },
    staged,
  );
  expect(outcome).toMatchObject({
    status: 'pass',
    observed:
      `K8sSandboxedRuntime/enforce-sandbox: totalViolations 1, ${UNSANDBOXED}; ` +
      'K8sSandboxedRuntime/enforce-sandbox-warn (warn): w; K8sSandboxedRuntime/enforce-sandbox-audit (dryrun): a',
    evidence: {
      findings: [{ constraint: 'K8sSandboxedRuntime/enforce-sandbox', action: 'deny' }],
      notEnforced: [{ action: 'warn' }, { action: 'dryrun' }],
    },
  });
});

describe('where no constraint that denies reports the pod', () => {
  beforeEach(() => {
    // A minute passes at every look at the clock.
    let now = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => (now += 60_000));
  });
  afterEach(() => jest.restoreAllMocks());

  test('the same message of a softer one is no proof', async () => {
    const softer = { [`${SANDBOXED}-warn`]: UNSANDBOXED };
    expect(await outcomeOf(softer, staged)).toMatchObject({ status: 'fail' });
  });
});

test('a wrong message of a constraint that denies fails, whatever softer ones say', async () => {
  const messages = { [SANDBOXED]: 'another', [`${SANDBOXED}-warn`]: UNSANDBOXED };
  expect(await outcomeOf(messages, staged)).toMatchObject({ status: 'fail' });
});

test.each([
  ['warn', 'warn'],
  ['audit', 'dryrun'],
] as const)('where the policy is %s, constraints that %s count', async (enforcement, action) => {
  const outcome = await outcomeOf({ [SANDBOXED]: UNSANDBOXED }, { enforcement });
  expect(outcome).toMatchObject({ status: 'pass', evidence: { findings: [{ action }] } });
});

test('is not run where nothing refuses a pod outside any sandbox', async () => {
  expect(await outcomeOf({}, { unlabelled: 'ignore' })).toMatchObject({ status: 'not-run' });
});
