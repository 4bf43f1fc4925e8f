/** What the mutator says of a pod it denies, where a policy or a caller makes it long. The ordinary cases are goldens. */
import { definePolicy } from '../../../policy/model/define';
import { reviewPod, type PodReview } from '../../../webhook-src/server/review-pod';
import { compileDecider } from '../../../webhook-src/server/policy-file';
import { examplePolicy } from '../../policy/fixtures';

const MESSAGE_LIMIT = 2048;
const DENIALS_LIMIT = 16;

interface Status {
  readonly message: string;
  readonly details: { readonly causes: readonly { reason: string; message: string }[] };
}

function reviewed(object: unknown, policy = examplePolicy): PodReview {
  const resource = { group: '', version: 'v1', resource: 'pods' };
  const request = { uid: 'u', operation: 'CREATE', resource, namespace: 'ai-production', object };
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
  const verdict = reviewPod(
    Buffer.from(JSON.stringify(review)),
    compileDecider({ policy, runtimeClasses: [] }),
  );
  if ('refused' in verdict) throw new Error(verdict.refused);
  return verdict;
}

function statusOf({ body }: PodReview): Status {
  const { response } = JSON.parse(body) as { response: { allowed: boolean; status: Status } };
  expect(response).toMatchObject({ allowed: false, status: { code: 403, reason: 'Forbidden' } });
  expect(response).not.toHaveProperty('patch');
  return response.status;
}

const labelled = (value: string) => ({
  metadata: { name: 'demo', labels: { 'secure-ai.io/runtime': value } },
  spec: { containers: [{ name: 'main', image: 'nginx' }] },
});

const SENTENCE = 'Pod demo asks for runtime , which is not one of gvisor, kata';

test.each([
  [MESSAGE_LIMIT * 4, MESSAGE_LIMIT],
  [64, `${SENTENCE}. Set label secure-ai.io/runtime to one of them, or remove it`.length + 64],
])('a label of %d characters: the message has %d', (length, expected) => {
  const { details } = statusOf(reviewed(labelled('k'.repeat(length))));
  expect(details.causes.map(({ message }) => message.length)).toEqual([expected]);
});

test('a value cannot write lines of its own, nor turn or break the text', () => {
  const { message } = statusOf(reviewed(labelled('a\nRULE_VIOLATED: b\u0000\u202Ec\uD83D')));
  expect(message).toBe(
    'UNKNOWN_RUNTIME: Pod demo asks for runtime a\u{FFFD}RULE_VIOLATED: b\u{FFFD}\u{FFFD}c\u{FFFD}, which is not one of gvisor, kata. Set label secure-ai.io/runtime to one of them, or remove it',
  );
});

test('a message that is cut in the middle of a surrogate pair stays text', () => {
  const before = 'Pod demo asks for runtime '.length;
  const { details } = statusOf(reviewed(labelled(`${'k'.repeat(MESSAGE_LIMIT - before - 2)}😀😀`)));
  expect(details.causes[0]?.message.slice(-2)).toBe('\u{FFFD}…');
});

test.each([
  [DENIALS_LIMIT, []],
  [DENIALS_LIMIT + 1, ['and 1 more']],
  [60, [`and ${60 - DENIALS_LIMIT} more`]],
])('of %d denials at most 16 are written out, and the code is logged once', (count, more) => {
  const names = Array.from({ length: count }, (_, index) => `r${index}`);
  const policy = definePolicy({
    runtimes: names.map((name) => ({ name, runtimeClassName: name, handler: 'kata' })),
    required: names.map((runtime) => ({
      namespaces: ['ai-production'],
      container: 'ai-model',
      runtime,
    })),
  });
  const containers = [{ name: 'ai-model', image: 'nginx' }];
  const verdict = reviewed({ metadata: { name: 'demo' }, spec: { containers } }, policy);
  const { message, details } = statusOf(verdict);
  expect(details.causes).toHaveLength(DENIALS_LIMIT);
  expect(message.split('\n').slice(DENIALS_LIMIT)).toEqual(more);
  expect(verdict).toMatchObject({ outcome: 'denied', logFields: { codes: ['LABEL_REQUIRED'] } });
});
