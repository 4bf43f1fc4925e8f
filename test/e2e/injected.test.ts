/** Another webhook changes pods after the mutator, on a real API server, which then calls the mutator again. */
import { listAt, stringAt, valueAt } from '../../kubernetes/object';
import { RUNTIME_LABEL } from '../../base/names';
import type { PatchOperation } from '../../policy/decision/decision';
import type { Answer } from '../fixtures/api-server';
import { messageOf, pod, sandboxOf, tryPod, type PodOptions } from '../fixtures/pods';
import { LAYERS } from './support/layers';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { connectPlatform, type Platform } from './support/platform';
import { startSecondWebhook, type Injection, type SecondWebhook } from './support/second-webhook';

jest.setTimeout(300_000);

const SECURITY = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
};

/** Of the rule light_model, which asks for gVisor. */
const MODEL = container('registry.example.com/ml/scikit-learn:1.5', '100m');
/** Of the rule high_compute, which asks for Kata. */
const TRAINER = container('pytorch/pytorch:2.4', '5');
const PROXY = container('istio/proxyv2:1.26.0', '100m');

function container(image: string, cpu: string) {
  return { name: 'proxy', image, resources: { requests: { cpu } }, securityContext: SECURITY };
}

const sidecar =
  (value: object): Injection =>
  (created) => {
    const names = listAt(created, 'spec', 'containers').map((one) => stringAt(one, 'name'));
    return names.includes('proxy') ? [] : [{ op: 'add', path: '/spec/containers/-', value }];
  };

/** Writes a value over another, unless it is there. */
const write =
  (value: string, ...path: string[]): Injection =>
  (created) => {
    const escaped = path.map((name) => name.replaceAll('/', '~1'));
    const operation: PatchOperation = { op: 'add', path: `/${escaped.join('/')}`, value };
    return stringAt(created, ...path) === value ? [] : [operation];
  };
const writesClass = (value: string) => write(value, 'spec', 'runtimeClassName');
const writesLabel = (value: string) => write(value, 'metadata', 'labels', RUNTIME_LABEL);

const CLASSES = {
  kata: {
    overhead: { cpu: '250m', memory: '320Mi' },
    nodeSelector: { 'katacontainers.io/kata-runtime': 'true' },
  },
  gvisor: {
    overhead: { cpu: '250m', memory: '128Mi' },
    nodeSelector: { 'secure-ai.io/gvisor-runtime': 'true' },
  },
} as const;

let platform: Platform;
let enabled: string;
let second: SecondWebhook;

beforeAll(async () => {
  platform = await connectPlatform();
  enabled = await makeNamespace(platform, 'e2e-injected-', { labels: ENABLED });
  second = await startSecondWebhook(platform, enabled);
});

afterAll(async () => {
  await second.close();
  await deleteNamespaces(platform, [enabled]);
  platform.close();
});

function attempt(injection: Injection, options: Omit<PodOptions, 'namespace'> = {}) {
  second.use(injection);
  return tryPod(platform, pod({ namespace: enabled, ...options }));
}

function whole(answer: Answer) {
  return {
    ...sandboxOf(answer),
    overhead: valueAt(answer.body, 'spec', 'overhead'),
    nodeSelector: valueAt(answer.body, 'spec', 'nodeSelector'),
    tolerations: listAt(answer.body, 'spec', 'tolerations')
      .filter((one) => stringAt(one, 'key') === 'secure-ai.io/pool')
      .map((one) => stringAt(one, 'value')),
  };
}

const runsIn = (runtime: keyof typeof CLASSES, source: string, rules: string[] = []) => ({
  label: runtime,
  runtimeClassName: runtime,
  decision: { runtime, source, rules },
  ...CLASSES[runtime],
  tolerations: [runtime],
});

const refused = async (answer: Promise<Answer>) => {
  const { status, body } = await answer;
  return { status, message: messageOf(body) };
};
const refusal = (start: string) => ({
  status: 403,
  message: expect.stringContaining(
    `admission webhook "${LAYERS.mutator}" denied the request: ${start}`,
  ) as string,
});

test('the second webhook is called after the mutator, which is called again', async () => {
  const seen: unknown[] = [];
  const answer = await attempt((created) => {
    seen.push(sandboxOf({ status: 200, body: created as Answer['body'], warnings: [] }).label);
    return sidecar(PROXY)(created);
  });
  expect(seen).toEqual(['kata', 'kata']);
  expect(whole(answer)).toEqual(runsIn('kata', 'default'));
});

describe('a sidecar', () => {
  test('that makes a rule of a weaker runtime match: label and class are exchanged, with all the class brought', async () => {
    expect(whole(await attempt(sidecar(MODEL)))).toEqual(runsIn('gvisor', 'rule', ['light_model']));
  });

  test('that makes another rule match, of a stronger runtime', async () => {
    const model = { image: 'scikit', cpu: '500m' };
    expect(whole(await attempt(sidecar(TRAINER), model))).toEqual(
      runsIn('kata', 'rule', ['high_compute']),
    );
  });

  test('that makes a rule of the same runtime match: only the record is another', async () => {
    expect(whole(await attempt(sidecar(TRAINER)))).toEqual(
      runsIn('kata', 'rule', ['high_compute']),
    );
  });

  test('that contradicts the label of the author is refused', async () => {
    expect(await refused(attempt(sidecar(MODEL), { label: 'kata' }))).toEqual(
      refusal('RULE_VIOLATED: Workload probe with light model requires runtime gvisor'),
    );
  });
});

describe('what the other webhook writes counts as the author’s:', () => {
  test('a class, and the label follows', async () => {
    expect(whole(await attempt(writesClass('gvisor')))).toEqual(runsIn('gvisor', 'class'));
  });

  test('a class that the rules do not take is refused', async () => {
    const trainer = { image: 'pytorch', cpu: '5' };
    expect(await refused(attempt(writesClass('gvisor'), trainer))).toEqual(
      refusal('RULE_VIOLATED: Workload probe with high compute requires runtime kata'),
    );
  });

  test('a label, and the class follows, with all it brings', async () => {
    expect(whole(await attempt(writesLabel('gvisor')))).toEqual(runsIn('gvisor', 'label'));
  });

  test('a label that names no runtime is refused', async () => {
    expect(await refused(attempt(writesLabel('runc')))).toEqual(
      refusal('UNKNOWN_RUNTIME: Pod probe asks for runtime runc'),
    );
  });
});

test('a forged record chooses nothing: the pod gets what one without label and class gets', async () => {
  const record = { runtime: 'gvisor', source: 'default', rules: [], policy: '000000000000' };
  const answer = await attempt(() => [], {
    label: 'gvisor',
    runtimeClassName: 'gvisor',
    annotations: { 'secure-ai.io/decision': JSON.stringify(record) },
  });
  expect(whole(answer)).toEqual(runsIn('kata', 'default'));
});
