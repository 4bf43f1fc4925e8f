/** Each lint at its edges: what is reported, where, and what is not. */
import { definePolicy } from '../../../policy/model/define';
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import { lintPolicy } from '../../../policy/lint/lint';
import { KATA_HANDLER } from '../fixtures';

type Rules = NonNullable<RuntimePolicyInput['rules']>;
type When = Rules[number]['when'];
type Container = NonNullable<When['container']>;

const BASE: RuntimePolicyInput = {
  runtimes: [
    { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
    { name: 'kata', runtimeClassName: 'kata', handler: KATA_HANDLER },
  ],
};

/** `CODE path` of each lint. */
function lintsOf(policy: Partial<RuntimePolicyInput>): string[] {
  return lintPolicy(definePolicy({ ...BASE, ...policy })).map(
    ({ code, path }) => `${code} ${path}`,
  );
}

const ofCondition = (when: When) =>
  lintsOf({ rules: [{ name: 'rule', when, runtime: 'kata' }] }).filter((lint) =>
    lint.startsWith('CONDITION'),
  );
const container = (condition: Container): When => ({ container: condition });
const labels = (match: Record<string, string | { exists: boolean }>): When => ({
  pod: { labels: match },
});
const requests = (match: Record<string, Record<string, string | boolean>>): When => ({
  pod: { requests: match },
});

const NEVER: [string, When, string][] = [
  ['bounds around nothing', requests({ cpu: { gt: '4', lt: '4' } }), 'pod'],
  ['bounds that exclude each other', requests({ cpu: { gte: '2', lte: '1' } }), 'pod'],
  ['a bound on what does not exist', requests({ cpu: { gt: '1', exists: false } }), 'pod'],
  [
    'a bound on what no glob may find',
    requests({ 'nvidia.com/gpu': { gt: '1' }, 'nvidia.com/*': { exists: false } }),
    'pod',
  ],
  ['bounds on one key of a glob', requests({ 'nvidia.com/*': { gt: '2', lt: '1' } }), 'pod'],
  ['two names of one container', container({ all: [{ name: 'a' }, { name: 'b' }] }), 'container'],
  [
    'a name that the glob excludes',
    container({ all: [{ name: 'main' }, { name: 'init-*' }] }),
    'container',
  ],
  [
    'globs with different beginnings',
    container({ all: [{ name: 'a*' }, { name: 'b*' }] }),
    'container',
  ],
  [
    'a part of what is excluded',
    container({ image: { contains: 'pytorch' }, not: { image: { contains: 'torch' } } }),
    'container',
  ],
  [
    'a flag both ways',
    container({
      securityContext: { privileged: true },
      not: { securityContext: { privileged: true } },
    }),
    'container',
  ],
  [
    'a container that none may be',
    { container: { name: 'ab*' }, not: { container: { name: 'a*' } } },
    '',
  ],
  ['a container unlike each', { container: { name: 'b' }, everyContainer: { name: 'a*' } }, ''],
  [
    'a capability that is excluded with ALL',
    container({
      securityContext: { addsCapability: 'ALL' },
      not: { securityContext: { addsCapability: 'NET_ADMIN' } },
    }),
    'container',
  ],
  [
    'a host path that none may be',
    { all: [{ pod: { hostPaths: '/etc/*' } }, { pod: { hostPaths: { exists: false } } }] },
    '',
  ],
  [
    'a label that is there and is not',
    { all: [labels({ team: 'red' }), labels({ 'te*': { exists: false } })] },
    '',
  ],
  [
    'one of several branches',
    { any: [requests({ cpu: { gt: '4', lt: '2' } }), labels({ team: 'red' })] },
    'any[0].pod',
  ],
];

const below = (path: string) => (path === '' ? 'rules[0].when' : `rules[0].when.${path}`);

test.each(NEVER)('CONDITION_NEVER_HOLDS: %s', (_title, when, path) => {
  expect(ofCondition(when)).toEqual([`CONDITION_NEVER_HOLDS ${below(path)}`]);
});

const ALWAYS: [string, When, string][] = [
  ['any name', container({ name: '*' }), 'container'],
  ['any namespace', { pod: { namespace: '**' } }, 'pod'],
  ['any procMount', container({ securityContext: { procMount: '*' } }), 'container'],
  ['a flag either way', { any: [{ pod: { hostIPC: true } }, { pod: { hostIPC: false } }] }, ''],
  [
    'a container flag either way',
    container({ any: [{ hostPorts: true }, { hostPorts: false }] }),
    'container',
  ],
  ['a condition or not', { any: [labels({ a: 'b*' }), { not: labels({ a: 'b*' }) }] }, ''],
  ['what is negated', { not: container({ name: '*' }) }, 'not.container'],
];

test.each(ALWAYS)('CONDITION_ALWAYS_HOLDS: %s', (_title, when, path) => {
  expect(ofCondition(when)).toEqual([`CONDITION_ALWAYS_HOLDS ${below(path)}`]);
});

const SOUND: [string, When][] = [
  ['a range', requests({ cpu: { gte: '1', lte: '1' } })],
  ['two containers', { all: [container({ name: 'a' }), container({ name: 'b' })] }],
  ['two keys of a glob', { all: [labels({ 'a*': 'red' }), labels({ 'a*': 'blue' })] }],
  ['globs that overlap', container({ all: [{ name: 'a*' }, { name: '*b' }] })],
  [
    'a whole beside its part',
    container({ image: { contains: 'torch' }, not: { image: { contains: 'pytorch' } } }),
  ],
  [
    'a user the image decides',
    container({
      not: {
        any: [{ securityContext: { runAsRoot: true } }, { securityContext: { runAsRoot: false } }],
      },
    }),
  ],
  ['an image that is no reference', container({ image: { registry: '*' } })],
  ['a value that may be missing', labels({ a: '*' })],
  [
    'a bound either way',
    { any: [requests({ cpu: { gt: '1' } }), requests({ cpu: { lte: '1' } })] },
  ],
  [
    'another capability',
    container({
      securityContext: { addsCapability: 'NET_ADMIN' },
      not: { securityContext: { addsCapability: 'SYS_ADMIN' } },
    }),
  ],
  ['two host paths', { all: [{ pod: { hostPaths: '/a' } }, { pod: { hostPaths: '/b' } }] }],
  [
    'a star in a literal',
    container({ image: { contains: '*' }, not: { image: { contains: 'a' } } }),
  ],
];

test.each(SOUND)('no lint of a condition: %s', (_title, when) => {
  expect(ofCondition(when)).toEqual([]);
});
