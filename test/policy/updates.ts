/** fast-check arbitraries of updates: pairs of a pod and what becomes of it, most of them alike but for one or two members. */
import * as fc from 'fast-check';
import { malformedPods, pods } from '../fixtures/arbitraries';

const ANNOTATIONS = [
  'secure-ai.io/decision',
  'secure-ai.io/decisions',
  'io.katacontainers.config.agent.debug',
  'dev.gvisor.flag.debug',
  'dev.gvisor',
  'note',
] as const;

/** Members to set, and values that respell, change or take away what pods of `pods` have there. Quantities among them twice. */
const VALUES = {
  'metadata.labels.secure-ai.io/runtime': ['kata', 'gvisor', '', null],
  'metadata.labels.team': ['blue', null],
  'metadata.finalizers': [['example.com/hold'], []],
  'spec.runtimeClassName': ['gvisor', 'kata-qemu', '', null],
  'spec.resources': [
    { requests: { cpu: '1' } },
    { requests: { cpu: '1000m' } },
    { limits: { cpu: '1' } },
  ],
  'spec.containers.0.image': ['scikit', 'pytorch', ''],
  'spec.containers.0.resources': [
    ...[{ requests: { cpu: '1' } }, { requests: { cpu: 1 } }, { requests: { cpu: '1e0' } }],
    ...[{ limits: { cpu: '1' } }, { requests: { cpu: '1' }, limits: { cpu: 'none' } }, null],
  ],
  'spec.containers.0.restartPolicy': ['Always', null],
  'spec.initContainers.0.image': ['scikit', 'pytorch'],
  'spec.initContainers.0.restartPolicy': ['Always', null],
  'spec.initContainers.0.resources': [{ requests: { cpu: '2' } }, { requests: { cpu: '2000m' } }],
  'spec.initContainers': [[], null],
  'spec.ephemeralContainers': [
    [],
    [{ name: 'debug', image: 'busybox' }],
    [{ name: 'debug', image: 'sh' }],
  ],
  'spec.activeDeadlineSeconds': [5],
} as const satisfies Record<string, readonly unknown[]>;

type Change = readonly [path: string, value: unknown];

const changes: fc.Arbitrary<Change> = fc.oneof(
  ...Object.entries(VALUES).map(([path, values]) =>
    fc.constantFrom<unknown>(...values).map((value): Change => [path, value]),
  ),
  fc
    .tuple(fc.constantFrom(...ANNOTATIONS), fc.constantFrom('a', 'b', null))
    .map(([key, value]): Change => [`metadata.annotations.${key}`, value]),
);

/** The pod with the member set, where there is something to set it on. */
function changed(pod: object, [path, value]: Change): object {
  // Keys of labels and annotations have dots themselves.
  const [top = '', second = '', ...rest] = path.split('.');
  const keys =
    top === 'metadata'
      ? [top, second, ...(rest.length > 0 ? [rest.join('.')] : [])]
      : path.split('.');
  const copy = structuredClone(pod) as Record<string, unknown>;
  let holder: unknown = copy;
  for (const key of keys.slice(0, -1)) holder = (holder as Record<string, unknown> | null)?.[key];
  if (typeof holder === 'object' && holder !== null) {
    (holder as Record<string, unknown>)[keys[keys.length - 1] ?? ''] = value;
  }
  return copy;
}

const anyPod: fc.Arbitrary<object> = fc.oneof({ weight: 5, arbitrary: pods }, malformedPods);
const fewChanges = fc.array(changes, { maxLength: 2 });

/** Both start from one pod, and change it in up to two members each; a pod that is being deleted among eight. */
export const updates: fc.Arbitrary<readonly [before: object, after: object]> = fc
  .tuple(anyPod, fewChanges, fewChanges, fc.nat(7))
  .map(([pod, first, second, deleted]) => {
    const going: Change[] =
      deleted === 0 ? [['metadata.deletionTimestamp', '2026-01-01T00:00:00Z']] : [];
    const before = [...first, ...going].reduce(changed, pod);
    return [before, second.reduce(changed, before)] as const;
  });
