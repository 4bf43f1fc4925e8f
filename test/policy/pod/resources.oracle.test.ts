import * as fc from 'fast-check';
import { podFacts } from '../../../policy/pod/facts';
import type { PodLike } from '../../../policy/pod/pod';
import type { Resources } from '../../../policy/pod/resources';
import type { Value } from '../../oracle/oracle';
import { askOracle, nanoOf } from '../../oracle/oracle';
import { sampleSeed } from '../../oracle/seed';

const SAMPLES = 5_000;

const RESOURCES = ['cpu', 'memory', 'hugepages-2Mi', 'nvidia.com/gpu', 'ephemeral-storage'];
const quantity = fc.constantFrom('0', '1', '250m', '1500m', '2', '1Gi', '512Mi', '3');
const list = fc.dictionary(fc.constantFrom(...RESOURCES), quantity, { maxKeys: 4 });

/** As the API server has them after its defaults: a limit without a request is a request too. */
const requirements = fc
  .record({ requests: list, limits: list })
  .map(({ requests, limits }) => ({ requests: { ...limits, ...requests }, limits }));
const container = fc.record({ name: fc.constant('c'), resources: requirements });
const initContainer = fc.oneof(
  container,
  container.map((members) => ({ ...members, restartPolicy: 'Always' })),
);
const pods = fc.record({
  spec: fc.record(
    {
      containers: fc.array(container, { maxLength: 3 }),
      initContainers: fc.array(initContainer, { maxLength: 4 }),
      resources: requirements,
      overhead: fc.constant({ cpu: '1', memory: '1Gi' }),
    },
    { requiredKeys: ['containers', 'initContainers'] },
  ),
});

test(`the resources of ${SAMPLES} pods are added up as component-helpers adds them up`, async () => {
  const seed = sampleSeed();
  const samples = fc.sample(pods.filter(isDefaulted), { numRuns: SAMPLES, seed });
  const answers = await askOracle(samples.map((pod) => ({ op: 'resources', pod })));
  const differences = samples.flatMap((pod, index) => {
    const { requests, limits } = podFacts(pod, { namespace: 'default' });
    const actual = { requests: sorted(requests), limits: sorted(limits) };
    const answer = answers[index];
    const expected = { requests: values(answer?.requests), limits: values(answer?.limits) };
    return JSON.stringify(actual) === JSON.stringify(expected) ? [] : [{ pod, actual, expected }];
  });
  expect({ seed, differences: differences.slice(0, 3) }).toEqual({ seed, differences: [] });
}, 120_000);

/** Whether the API server has nothing to add at pod level either: it would copy huge pages from the containers to the pod. */
function isDefaulted({ spec }: PodLike): boolean {
  const containers = JSON.stringify([spec?.containers, spec?.initContainers]);
  return spec?.resources === undefined || !containers.includes('hugepages');
}

function sorted(resources: Resources): [string, string][] {
  return [...resources].map(([name, nano]): [string, string] => [name, nano.toString()]).sort();
}

function values(list: Readonly<Record<string, Value>> = {}): [string, string][] {
  return sorted(new Map(Object.entries(list).map(([name, value]) => [name, nanoOf(value)])));
}
