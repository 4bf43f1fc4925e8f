import { textOf } from '../../../../policy/decision/validate';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { createDecider } from '../../../../policy/decision/decide';
import type { Denial, DenialCode } from '../../../../policy/decision/decision';
import { definePolicy } from '../../../../policy/model/define';
import { constraints, constraintTemplates } from '../../../../policy/engines/rego';
import { CONSTRAINT_KINDS, DECISION_ANNOTATION, ENABLED_LABEL } from '../../../../base/names';
import { pods, type GeneratedPod } from '../../../fixtures/arbitraries';
import { sampleSeed } from '../../../oracle/seed';
import { updates } from '../../updates';
import type { Case } from './gator';
import { buildGator, gatorVerify } from './gator';

const BUILD_TIMEOUT_MILLISECONDS = 600_000;
const RUN_TIMEOUT_MILLISECONDS = 300_000;
const UPDATES = 40;
const SMALL_UPDATES = 80;

const NAMESPACE = 'ai-production';
const context = { namespace: NAMESPACE };

const policy = definePolicy({
  runtimes: [
    { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
    { name: 'kata', runtimeClassName: 'kata-qemu', handler: 'kata-qemu' },
  ],
  rules: [
    {
      name: 'high_compute',
      when: { container: { image: { contains: 'pytorch' }, requests: { cpu: { gt: '4' } } } },
      runtime: 'kata',
    },
  ],
  required: [{ namespaces: [NAMESPACE], container: 'ai-model', runtime: 'kata' }],
});
const decider = createDecider(policy);

/** Which kind of constraint speaks for which code. */
const KIND_OF_CODE: Readonly<Record<DenialCode, string>> = {
  UNKNOWN_RUNTIME: CONSTRAINT_KINDS.sandboxed,
  UNKNOWN_CLASS: CONSTRAINT_KINDS.sandboxed,
  LABEL_REQUIRED: CONSTRAINT_KINDS.required,
  RULE_VIOLATED: CONSTRAINT_KINDS.dynamic,
  CLASS_MISMATCH: CONSTRAINT_KINDS.sandboxed,
  DENIED: CONSTRAINT_KINDS.dynamic,
  BELOW_MINIMUM: CONSTRAINT_KINDS.sandboxed,
  HOLLOW_SANDBOX: CONSTRAINT_KINDS.sandboxed,
  UNSANDBOXED: CONSTRAINT_KINDS.sandboxed,
};

interface Review {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly object?: unknown;
  readonly oldObject?: unknown;
}

function admissionReview(request: Review): unknown {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '00000000-0000-0000-0000-000000000000',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      namespace: NAMESPACE,
      userInfo: { username: 'system:serviceaccount:kube-system:replicaset-controller' },
      ...request,
    },
  };
}

interface Judged {
  readonly name: string;
  readonly review: Review;
  readonly denials: readonly Denial[];
}

/** Every constraint of the policy says of every review what it has to say of the denials, and no more. */
async function expectVerdicts(judged: readonly Judged[]): Promise<void> {
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE, labels: { [ENABLED_LABEL]: 'true' } },
  };
  const suites = constraints(policy).map((constraint) => {
    const template = constraintTemplates().find(
      (one) => one.spec.crd.spec.names.kind === constraint.kind,
    );
    const cases = judged.map(({ name, review, denials }): Case => ({
      name,
      object: admissionReview(review),
      messages: denials.filter(({ code }) => KIND_OF_CODE[code] === constraint.kind).map(textOf),
    }));
    return { template, constraint, inventory: [namespace], cases };
  });
  const { passed, output } = await gatorVerify(suites);
  if (!passed) throw new Error(`${output}\n${stringify(judged)}`);
}

function pod(metadata: object, spec: object = {}): Record<string, unknown> {
  const container = {
    name: 'ai-model',
    image: 'pytorch/pytorch',
    resources: { requests: { cpu: '8' } },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: NAMESPACE, ...metadata },
    spec: { containers: [container], ...spec },
  };
}

const refused = pod({ name: 'model' });
const refusal = decider.validate(refused, context);

const finalized = pod(
  { name: 'model', finalizers: ['example.com/hold'] },
  { activeDeadlineSeconds: 5 },
);
const relabelled = pod({ name: 'model', labels: { [policy.labelKey]: 'runc' } });
const reimaged = pod({ name: 'model' }, { containers: [{ name: 'ai-model', image: 'scikit' }] });
const resized = pod({ name: 'model' }, { resources: { requests: { cpu: '9' } } });
const configured = pod({
  name: 'model',
  annotations: { 'io.katacontainers.config.agent.debug': '1' },
});
const recorded = pod({ name: 'model', annotations: { [DECISION_ANNOTATION]: '{}' } });
const deleting = pod({ name: 'model', deletionTimestamp: '2026-01-01T00:00:00Z' });
const reclassed = pod({ name: 'model' }, { runtimeClassName: 'gvisor' });

beforeAll(async () => void (await buildGator()), BUILD_TIMEOUT_MILLISECONDS);

test(
  'reviews are judged by what they do',
  async () => {
    expect(refusal.map(({ code }) => code)).toEqual(['LABEL_REQUIRED', 'RULE_VIOLATED']);
    const nameless = pod({ generateName: 'model-' });
    const update = (name: string, object: unknown, denied: boolean): Judged => ({
      name,
      review: { operation: 'UPDATE', object, oldObject: refused },
      denials: denied ? decider.validate(object, context) : [],
    });
    await expectVerdicts([
      { name: 'create', review: { operation: 'CREATE', object: refused }, denials: refusal },
      {
        name: 'create without a name',
        review: { operation: 'CREATE', object: nameless },
        denials: [
          {
            code: 'LABEL_REQUIRED',
            message: `Pod model-* requires label ${policy.labelKey} to use runtime kata`,
            hint: 'Container ai-model needs it, and the label is none',
          },
          {
            code: 'RULE_VIOLATED',
            message: 'Workload model-* with high compute requires runtime kata',
            hint: 'Its label is none and its class none; container ai-model matched. Remove both, or set them to kata and kata-qemu',
          },
        ],
      },
      { name: 'delete', review: { operation: 'DELETE', oldObject: refused }, denials: [] },
      update('update of nothing', refused, false),
      update('update of finalizers and deadline', finalized, false),
      update('update of the label', relabelled, true),
      update('update of an image', reimaged, true),
      update("update of the pod's resources", resized, true),
      update('update of the class', reclassed, true),
      update('update of an annotation of Kata', configured, true),
      update('update of the decision record', recorded, true),
      {
        name: 'update of a pod that is being deleted',
        review: { operation: 'UPDATE', object: reclassed, oldObject: deleting },
        denials: [],
      },
      {
        name: 'update without the old object',
        review: { operation: 'UPDATE', object: refused },
        denials: refusal,
      },
    ]);
  },
  RUN_TIMEOUT_MILLISECONDS,
);

test(
  `${SMALL_UPDATES} updates of a member or two are denied as the reference denies them`,
  async () => {
    const sample = fc.sample(updates, { seed: sampleSeed(), numRuns: SMALL_UPDATES });
    await expectVerdicts(
      sample.map((pair, index) => {
        const [oldObject, object] = pair.map((one) => ({
          ...one,
          metadata: { ...(one as GeneratedPod).metadata, name: 'pod', namespace: NAMESPACE },
        }));
        const denials = decider.validate(object, context, oldObject);
        const review = { operation: 'UPDATE' as const, object, oldObject };
        return { name: `small-update-${index}`, review, denials };
      }),
    );
  },
  RUN_TIMEOUT_MILLISECONDS,
);

test(
  `${UPDATES} updates are denied as the reference denies them`,
  async () => {
    const named = pods.map((one) => ({
      ...one,
      metadata: { ...one.metadata, name: 'pod', namespace: NAMESPACE },
    }));
    const update = fc.tuple(named, named, fc.constantFrom('spec', 'metadata', 'neither'));
    const updates = fc.sample(update, { seed: sampleSeed(), numRuns: UPDATES });
    await expectVerdicts(
      updates.map(([oldObject, other, changed], index) => {
        const object =
          changed === 'neither' ? oldObject : { ...oldObject, [changed]: other[changed] };
        const denials = decider.validate(object, context, oldObject);
        return {
          name: `update-${index}`,
          review: { operation: 'UPDATE', object, oldObject },
          denials,
        };
      }),
    );
  },
  RUN_TIMEOUT_MILLISECONDS,
);
