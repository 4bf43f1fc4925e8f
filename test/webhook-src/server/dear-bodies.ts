/** Reviews just below the cap on cost, each the dearest of its kind, and the big pods that are to be admitted. */
import { review } from './running';

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const entries = (count: number, keyLength = 0): Record<string, string> =>
  Object.fromEntries(times(count, (i) => [`k${i}`.padEnd(keyLength, 'x'), '1']));

const pod = (spec: object, metadata: object = {}): string =>
  review({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'dear', ...metadata }, spec });

const one = (container: object): string =>
  pod({ containers: [{ name: 'c', image: 'x', ...container }] });

const many = (count: number, image: string): string =>
  pod({ containers: times(count, (i) => ({ name: `c${i}`, image })) });

/** `{"k0":{"k1":…}}` 40 levels deep, no key twice. */
function nested(index: number): string {
  const keys = times(40, (level) => `{"k${index * 40 + level}":`);
  return `${keys.join('')}0${'}'.repeat(40)}`;
}

const LONG_IMAGE = `registry.example.com:5000/${'team/'.repeat(40)}image:1.2.3@sha256:${'a'.repeat(64)}`;

/** By name; made when asked for. */
export const DEAR_BODIES: Readonly<Record<string, () => string>> = {
  '9,000 containers': () => many(9_000, 'a/b'),
  '9,000 containers with long images': () => many(9_000, LONG_IMAGE),
  '9,000 containers of 6 MiB': () => many(9_000, 'pytorch'.padEnd(680, '/a')),
  '39,000 quantities': () => one({ resources: { limits: entries(39_000) } }),
  '7,800 containers with a quantity each': () =>
    pod({
      containers: times(6_500, (i) => ({ resources: { limits: { [`k${i}`]: '0.123456789Ei' } } })),
    }),
  '39,000 labels of 6 MiB': () => pod({ containers: [] }, { labels: entries(39_000, 150) }),
  '39,000 annotations': () => pod({ containers: [] }, { annotations: entries(39_000) }),
  '390,000 members of one object': () => pod({ x: entries(390_000) }),
  '97,000 objects with a key of their own': () =>
    pod({ volumes: times(97_000, (i) => ({ [`k${i}`]: 0 })) }),
  '130,000 levels, 40 deep, with a key each': () =>
    pod({ x: '@' }).replace('"@"', `[${times(3_200, nested).join()}]`),
  '130,000 arrays': () => pod({ x: times(130_000, () => []) }),
  '390,000 strings': () => pod({ x: times(390_000, (i) => `${i}`) }),
  capabilities: () =>
    one({ securityContext: { capabilities: { add: times(390_000, (i) => `c${i}`) } } }),
  'an image of 6.9 MB': () => one({ image: 'pytorch'.repeat(985_000) }),
  'an image of 6.9 MB in two bytes a character': () => one({ image: 'é'.repeat(3_450_000) }),
  'a quantity of 6.9 MB': () =>
    one({ resources: { requests: { cpu: `0.${'1'.repeat(6_900_000)}` } } }),
  'a label of 6.9 MB': () =>
    pod({ containers: [] }, { labels: { 'secure-ai.io/runtime': 'x'.repeat(6_900_000) } }),
};
