/**
 * Two layers, neither of which counts on the other: with the mutator or Gatekeeper switched off, the other refuses for every denial
 * code, in the same words. Both off is the control: then the pod is admitted, so nothing else refuses it.
 */
import { listAt, stringAt } from '../../kubernetes/object';
import type { Answer } from '../fixtures/api-server';
import { definePolicy } from '../../policy/model/define';
import type { DenialCode } from '../../policy/decision/decision';
import { RUNTIME_LABEL } from '../../base/names';
import { LAYERS, makeLayersOptional, restoreLayers, without, type Layer } from './support/layers';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { plannedObjects, type Planned } from './support/planned';
import { connectPlatform, type Platform } from './support/platform';
import { messageOf, pod, refusalOf, tryPod, withoutHints, type PodOptions } from '../fixtures/pods';
import { enforce, restorePolicy } from './support/policy-switch';

jest.setTimeout(600_000);

const NAMESPACE = 'e2e-two-layers';

/** Of which the policy wants kata at least. */
const STRONG_NAMESPACE = 'e2e-two-layers-strong';

/** Of no policy. */
const FOREIGN_CLASS = 'e2e-two-layers';
const CLASSES = '/apis/node.k8s.io/v1/runtimeclasses';

const ENABLE_IOMMU = 'io.katacontainers.config.hypervisor.enable_iommu';

/** That the policy allows for kata. */
const VCPUS = 'io.katacontainers.config.hypervisor.default_vcpus';

let platform: Platform;
let planned: Planned;

beforeAll(async () => {
  platform = await connectPlatform();
  planned = await plannedObjects(platform);
  for (const name of [NAMESPACE, STRONG_NAMESPACE]) {
    await makeNamespace(platform, name, { labels: ENABLED });
  }
  await platform.server.send({
    method: 'POST',
    path: CLASSES,
    body: {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: FOREIGN_CLASS },
      handler: 'runc',
    },
  });
  const { rules } = platform.policy;
  const runtimes = platform.policy.runtimes.map((runtime) =>
    runtime.name === 'kata' ? { ...runtime, allowedAnnotations: [VCPUS] } : runtime,
  );
  const required = [{ namespaces: [NAMESPACE], container: 'ai-model', runtime: 'kata' }];
  const policy = definePolicy({
    runtimes,
    rules: [
      ...rules,
      {
        name: 'no_miners',
        when: { container: { image: { contains: 'miner' } } },
        deny: 'not here',
      },
    ],
    required,
    minimum: [{ namespaces: [STRONG_NAMESPACE], runtime: 'kata' }],
    unlabelled: 'deny',
  });
  await enforce(platform, planned, policy);
  await makeLayersOptional(platform, planned, NAMESPACE);
});

afterAll(async () => {
  // The policy first: a configuration counts as ready again when the mutator answers by the planned one.
  await restorePolicy(platform, planned);
  await restoreLayers(planned);
  await deleteNamespaces(platform, [NAMESPACE, STRONG_NAMESPACE]);
  await platform.server.send({ method: 'DELETE', path: `${CLASSES}/${FOREIGN_CLASS}` });
  platform.close();
});

interface Case {
  /** @default NAMESPACE */
  readonly namespace?: string;
  readonly pod: Omit<PodOptions, 'namespace' | 'labels'>;
  readonly message: string;
  readonly constraint: string;
}

/** Pods with exactly one reason to be refused, whether the mutator has worked on them or not. */
const CASES: Readonly<Record<DenialCode, Case>> = {
  UNKNOWN_RUNTIME: {
    pod: { label: 'runc' },
    message: 'Pod probe asks for runtime runc, which is not one of gvisor, kata',
    constraint: 'enforce-sandbox',
  },
  UNKNOWN_CLASS: {
    pod: { runtimeClassName: FOREIGN_CLASS },
    message: `Pod probe uses runtimeClassName ${FOREIGN_CLASS}, which is not one of gvisor, kata`,
    constraint: 'enforce-sandbox',
  },
  LABEL_REQUIRED: {
    pod: { container: 'ai-model' },
    message: `Pod probe requires label ${RUNTIME_LABEL} to use runtime kata`,
    constraint: 'enforce-kata-label',
  },
  RULE_VIOLATED: {
    pod: { image: 'pytorch', cpu: '5', label: 'gvisor', runtimeClassName: 'gvisor' },
    message: 'Workload probe with high compute requires runtime kata',
    constraint: 'enforce-dynamic-ai-runtime',
  },
  CLASS_MISMATCH: {
    pod: { label: 'kata', runtimeClassName: 'gvisor' },
    message: 'Pod probe has runtime label kata but runtimeClassName gvisor',
    constraint: 'enforce-sandbox',
  },
  DENIED: {
    pod: { image: 'miner', label: 'kata', runtimeClassName: 'kata' },
    message: 'Pod probe is refused by no miners: not here',
    constraint: 'enforce-dynamic-ai-runtime',
  },
  BELOW_MINIMUM: {
    namespace: STRONG_NAMESPACE,
    pod: { label: 'gvisor', runtimeClassName: 'gvisor' },
    message: `Pod probe needs at least runtime kata in namespace ${STRONG_NAMESPACE}`,
    constraint: 'enforce-sandbox',
  },
  HOLLOW_SANDBOX: {
    pod: { label: 'kata', runtimeClassName: 'kata', annotations: { [ENABLE_IOMMU]: 'true' } },
    message: `Pod probe sets annotation ${ENABLE_IOMMU}, which leads around its sandbox`,
    constraint: 'enforce-sandbox',
  },
  UNSANDBOXED: {
    pod: {},
    message: `Pod probe in namespace ${NAMESPACE} would run outside a sandbox`,
    constraint: 'enforce-sandbox',
  },
};

type Attempted = Pick<Case, 'pod' | 'namespace'>;

const attempt = ({ namespace = NAMESPACE, pod: options }: Attempted, ...off: readonly Layer[]) =>
  tryPod(platform, pod({ namespace, labels: without(...off), ...options }));

const admitted = { status: 201, message: 'admitted probe' };

async function outcome(attempted: Attempted, ...off: readonly Layer[]) {
  const answer = await attempt(attempted, ...off);
  const refusal = refusalOf(answer);
  return refusal === undefined
    ? { status: answer.status, message: messageOf(answer.body) }
    : { ...refusal, message: withoutHints(refusal.message) };
}

describe.each(Object.entries(CASES))('%s', (code, refused) => {
  const { message, constraint } = refused;
  const byMutator = { by: LAYERS.mutator, message: `${code}: ${message}` };
  const byGatekeeper = { by: LAYERS.gatekeeper, message: `[${constraint}] ${message}` };

  test('is refused by the mutator, which says why to machines too', async () => {
    const answer = await attempt(refused);
    const refusal = refusalOf(answer);
    expect({ ...refusal, message: withoutHints(refusal?.message ?? '') }).toEqual(byMutator);
    expect(answer.body).toMatchObject({ code: 403, reason: 'Forbidden' });
    const [cause, ...others] = listAt(answer.body, 'details', 'causes');
    expect(others).toEqual([]);
    expect(`${stringAt(cause, 'reason')}: ${stringAt(cause, 'message')}`).toBe(refusal?.message);
  });

  test('is refused by the mutator while Gatekeeper is off', async () => {
    expect(await outcome(refused, 'gatekeeper')).toEqual(byMutator);
  });

  test('is refused by Gatekeeper while the mutator is off', async () => {
    expect(await outcome(refused, 'mutator')).toEqual(byGatekeeper);
  });

  test('is explained by both in the same words', async () => {
    const bare = (by: RegExp, answer: Answer) => refusalOf(answer)?.message.replace(by, '');
    const mutator = bare(/^\w+: /, await attempt(refused, 'gatekeeper'));
    expect(mutator).toMatch(/\. \w/);
    expect(bare(/^\[[^\]]+\] /, await attempt(refused, 'mutator'))).toBe(mutator);
  });

  test('is refused by nobody while both are off', async () => {
    expect(await outcome(refused, 'mutator', 'gatekeeper')).toEqual(admitted);
  });
});

test.each<[readonly Layer[]]>([[[]], [['mutator']], [['gatekeeper']]])(
  'a pod that names its sandbox, with an annotation allowed there, is admitted while these are off: %j',
  async (off) => {
    const good = { label: 'kata', runtimeClassName: 'kata', annotations: { [VCPUS]: '2' } };
    expect(await outcome({ pod: good }, ...off)).toEqual(admitted);
  },
);

test('a pod with several reasons has them all in one refusal', async () => {
  const { body } = await attempt({ pod: { label: 'runc', runtimeClassName: FOREIGN_CLASS } });
  const reasons = [CASES.UNKNOWN_RUNTIME.message, CASES.UNKNOWN_CLASS.message];
  const { message = '' } = refusalOf({ status: 403, body, warnings: [] }) ?? {};
  expect(withoutHints(message)).toBe(
    `UNKNOWN_RUNTIME: ${reasons[0]}\nUNKNOWN_CLASS: ${reasons[1]}`,
  );
});
