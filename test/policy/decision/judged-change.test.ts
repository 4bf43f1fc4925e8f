import * as fc from 'fast-check';
import { podFacts } from '../../../policy/pod/facts';
import { isJudgedChange } from '../../../policy/decision/judged-change';
import { DECISION_ANNOTATION, RUNTIME_LABEL } from '../../../base/names';
import { examplePolicy } from '../fixtures';
import { updates } from '../updates';

const isJudged = (before: unknown, after: unknown) => isJudgedChange(examplePolicy, before, after);

const container = { name: 'main', image: 'busybox', resources: { requests: { cpu: '1' } } };
const setup = { name: 'setup', image: 'busybox', resources: { requests: { cpu: '2' } } };
const spec = { containers: [container], initContainers: [setup], runtimeClassName: 'kata' };
const pod = { metadata: { name: 'demo', labels: { [RUNTIME_LABEL]: 'kata' } }, spec };

const annotated = (annotations: object) => ({ ...pod, metadata: { ...pod.metadata, annotations } });
const labelled = (labels: object) => ({ ...pod, metadata: { ...pod.metadata, labels } });
const specified = (members: object) => ({ ...pod, spec: { ...spec, ...members } });
const contained = (members: object) => specified({ containers: [{ ...container, ...members }] });
const requesting = (cpu: unknown) => contained({ resources: { requests: { cpu } } });

test.each<[string, object, boolean]>([
  ['nothing', pod, false],
  ['another label', labelled({ ...pod.metadata.labels, team: 'a' }), false],
  ['an annotation', annotated({ note: 'a', 'dev.gvisor': 'a' }), false],
  ['the spelling of a quantity', requesting('1000m'), false],
  ['a quantity to a number', requesting(1), false],
  ['the label', labelled({ [RUNTIME_LABEL]: 'gvisor' }), true],
  ['the label away', labelled({}), true],
  ['the class', specified({ runtimeClassName: 'gvisor' }), true],
  ['the decision record', annotated({ [DECISION_ANNOTATION]: '{}' }), true],
  ['an annotation of Kata', annotated({ 'io.katacontainers.config.agent.debug': '1' }), true],
  ['an annotation of gVisor', annotated({ 'dev.gvisor.flag.debug': 'true' }), true],
  ['an image', contained({ image: 'busybox:2' }), true],
  ['a request', requesting('2'), true],
  ['a limit', contained({ resources: { ...container.resources, limits: { cpu: '1' } } }), true],
  ['the resources of the pod', specified({ resources: { requests: { cpu: '1' } } }), true],
  [
    'the image of an init container',
    specified({ initContainers: [{ ...setup, image: 'a' }] }),
    true,
  ],
  ['it to a sidecar', specified({ initContainers: [{ ...setup, restartPolicy: 'Always' }] }), true],
  [
    'an init container to a main one',
    specified({ containers: [container, setup], initContainers: [] }),
    true,
  ],
  ['an ephemeral container', specified({ ephemeralContainers: [{ name: 'a', image: 'a' }] }), true],
  [
    'requests that move between containers, so that the sum stays',
    specified({ containers: [setup], initContainers: [container] }),
    true,
  ],
])('an update that changes %s', (_, after, expected) => {
  expect(isJudged(pod, after)).toBe(expected);
});

describe('a pod that is being deleted', () => {
  const deleting = (one: typeof pod) => ({
    ...one,
    metadata: { ...one.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
  });
  const worse = { ...pod, metadata: { name: 'demo', labels: { [RUNTIME_LABEL]: 'runc' } } };

  test('is not judged, whatever changes', () => {
    expect(isJudged(deleting(pod), deleting(worse))).toBe(false);
    // As the status subresource presents it.
    expect(isJudged(deleting(pod), worse)).toBe(false);
  });

  test('is one where the API server had said so before the update', () => {
    expect(isJudged(pod, deleting(worse))).toBe(true);
  });
});

test.each([undefined, null, 'text', []])(
  'without an object before it (%j) a pod is judged',
  (before) => {
    expect(isJudged(before, pod)).toBe(true);
  },
);

test('what is not judged leaves everything the decision reads of it as it was, but other labels and annotations', () => {
  const seen = { judged: 0, others: 0 };
  fc.assert(
    fc.property(updates, ([before, after]) => {
      const isGoing = JSON.stringify(before).includes('deletionTimestamp');
      if (isGoing || isJudged(before, after)) {
        seen.judged++;
        return;
      }
      seen.others++;
      expect(decisive(after)).toEqual(decisive(before));
    }),
    { numRuns: 2_000 },
  );
  expect(Math.min(seen.judged, seen.others)).toBeGreaterThan(100);
});

function decisive(one: object) {
  const { labels, annotations, ...facts } = podFacts(one, { namespace: 'ai-production' });
  return {
    ...facts,
    label: labels.get(RUNTIME_LABEL),
    record: annotations.get(DECISION_ANNOTATION),
  };
}

test('the order of the two pods does not matter to pods that stay', () => {
  fc.assert(
    fc.property(updates, ([before, after]) => {
      fc.pre(!JSON.stringify(before).includes('deletionTimestamp'));
      expect(isJudged(after, before)).toBe(isJudged(before, after));
    }),
  );
});
