/** Webhooks that are called after ours change the pod: the result is what deciding on the changed pod gives. */
import * as fc from 'fast-check';
import { containers, CONTEXT, pods } from '../arbitraries';
import { admit, type Pod, type Webhook } from './api-server';
import { CLASSES, decidersOf, fullPolicies } from './sandboxes';

const LABEL = 'secure-ai.io/runtime';

const OWN = {
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'gpu', operator: 'Exists' }],
};

/** A pod whose author says nothing of a sandbox, but chooses nodes. */
const silentPods: fc.Arbitrary<Pod> = fc.tuple(pods, fc.boolean()).map(([pod, chooses]) => {
  const labels = { ...pod.metadata?.labels };
  const spec = { ...pod.spec, ...(chooses && OWN) };
  delete labels[LABEL];
  delete spec.runtimeClassName;
  return { metadata: { ...pod.metadata, labels }, spec };
});

/** Adds a container, a label and a toleration, once. */
const sidecars: fc.Arbitrary<Webhook> = fc
  .record({ container: containers, team: fc.constantFrom('red', 'blue') })
  .map(({ container, team }) => (pod) => {
    if (pod.metadata?.labels?.['injected'] !== undefined) return pod;
    const { containers: others = [], tolerations = [] } = pod.spec ?? {};
    return {
      metadata: {
        ...pod.metadata,
        labels: { ...pod.metadata?.labels, injected: 'true', team },
      },
      spec: {
        ...pod.spec,
        containers: [...others, container],
        tolerations: [...tolerations, { key: 'mesh', operator: 'Exists' }],
      },
    };
  });

test('a sidecar injected after us: what is stored is what deciding on the injected pod gives', () => {
  fc.assert(
    fc.property(fullPolicies, silentPods, sidecars, (input, pod, inject) => {
      const { knowing } = decidersOf(input);
      const first = knowing.decide(pod, CONTEXT);
      // Denied before the sidecar is there; or left alone without a record, so that nothing tells the second call from a first.
      if (first.denials.length > 0 || first.selection.source === 'none') return;
      expect(admit(knowing, CLASSES, pod, inject)).toEqual(admit(knowing, CLASSES, inject(pod)));
    }),
    { numRuns: 300 },
  );
});

const wishes: fc.Arbitrary<Webhook> = fc.oneof(
  fc.constantFrom('gvisor', 'kata', 'runc').map((label): Webhook => ({ metadata, ...pod }) => ({
    ...pod,
    metadata: { ...metadata, labels: { ...metadata?.labels, [LABEL]: label } },
  })),
  fc
    .constantFrom('gvisor-class', 'kata-qemu')
    .map((runtimeClassName): Webhook => ({ spec, ...pod }) => ({
      ...pod,
      spec: { ...spec, runtimeClassName },
    })),
);

test('a label or class that another webhook writes over ours counts as if the author had written it', () => {
  fc.assert(
    fc.property(fullPolicies, silentPods, wishes, (input, pod, write) => {
      const { knowing } = decidersOf(input);
      const first = knowing.decide(pod, CONTEXT);
      if (first.denials.length > 0 || first.selection.runtime === undefined) return;
      const { name, runtimeClassName } = first.selection.runtime;
      const written = write({});
      const isOurs =
        written.metadata?.labels?.[LABEL] === name ||
        written.spec?.runtimeClassName === runtimeClassName;
      if (isOurs) return;
      const { refusal, ...stored } = admit(knowing, CLASSES, pod, once(write));
      expect(refusal).toBeUndefined();
      expect(stored).toEqual(admit(knowing, CLASSES, write(pod)));
    }),
    { numRuns: 200 },
  );
});

/** The webhook called in the first round only, as one with `reinvocationPolicy: Never` is. */
function once(webhook: Webhook): Webhook {
  let isCalled = false;
  return (pod) => {
    if (isCalled) return pod;
    isCalled = true;
    return webhook(pod);
  };
}
