import { selectionOf, type PlacedPod } from '../../../installer-src/label/node-selection';

const LABELS = { os: 'linux', pool: 'gvisor', cpus: '8', empty: '' };

type Json = Record<string, unknown>;

const affinityOf = (nodeAffinity: Json) => ({ affinity: { nodeAffinity } }) as PlacedPod;
const required = (...nodeSelectorTerms: Json[]) =>
  affinityOf({ requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } });
const is = (key: string, operator: string, ...values: string[]) =>
  values.length === 0 ? { key, operator } : { key, operator, values };
const all = (...matchExpressions: Json[]) => ({ matchExpressions });

const YES = is('pool', 'In', 'gvisor');
const NO = is('pool', 'In', 'other');
const STRANGE = is('pool', 'Near', 'gvisor');

const MAX = '9223372036854775807';
const BEYOND = '9223372036854775808';

test.each([
  ['In', 'pool', ['other', 'gvisor'], 'selected'],
  ['In', 'pool', ['other'], 'not selected'],
  ['In', 'missing', ['gvisor'], 'not selected'],
  ['In', 'missing', [''], 'not selected'],
  ['In', 'empty', [''], 'selected'],
  ['In', 'constructor', ['gvisor'], 'not selected'],
  ['NotIn', 'pool', ['other'], 'selected'],
  ['NotIn', 'pool', ['other', 'gvisor'], 'not selected'],
  ['NotIn', 'missing', ['gvisor'], 'selected'],
  ['Exists', 'empty', [], 'selected'],
  ['Exists', 'missing', [], 'not selected'],
  ['Exists', 'constructor', [], 'not selected'],
  ['DoesNotExist', 'missing', [], 'selected'],
  ['DoesNotExist', 'empty', [], 'not selected'],
  ['Gt', 'cpus', ['7'], 'selected'],
  ['Gt', 'cpus', ['8'], 'not selected'],
  ['Gt', 'cpus', ['007'], 'selected'],
  ['Gt', 'cpus', ['10'], 'not selected'],
  ['Gt', 'missing', ['0'], 'not selected'],
  ['Gt', 'empty', ['0'], 'not selected'],
  ['Gt', 'pool', ['0'], 'not selected'],
  ['Lt', 'cpus', ['9'], 'selected'],
  ['Lt', 'cpus', ['8'], 'not selected'],
  ['Lt', 'cpus', [MAX], 'selected'],
  ['Lt', 'missing', ['9'], 'not selected'],
  ['Lt', 'pool', ['9'], 'not selected'],
  // What the API server refuses, or a later version means otherwise.
  ['In', 'pool', [], 'unknown'],
  ['NotIn', 'pool', [], 'unknown'],
  ['Exists', 'pool', ['gvisor'], 'unknown'],
  ['DoesNotExist', 'missing', ['gvisor'], 'unknown'],
  ['Gt', 'cpus', [], 'unknown'],
  ['Gt', 'cpus', ['1', '2'], 'unknown'],
  ['Gt', 'cpus', ['1.5'], 'unknown'],
  ['Gt', 'cpus', ['-1'], 'unknown'],
  ['Gt', 'cpus', [''], 'unknown'],
  ['Lt', 'missing', ['many'], 'unknown'],
  ['Lt', 'cpus', [BEYOND], 'unknown'],
  ['in', 'pool', ['gvisor'], 'unknown'],
  ['Near', 'missing', ['gvisor'], 'unknown'],
] as const)('%s: %s, %j: %s', (operator, key, values, selection) => {
  expect(selectionOf(required(all(is(key, operator, ...values))), LABELS)).toBe(selection);
});

test('numbers are compared as 64 bits: exactly, and a label beyond is none', () => {
  const beyond9e18 = required(all(is('n', 'Gt', '9223372036854775806')));
  expect(selectionOf(beyond9e18, { n: MAX })).toBe('selected');
  expect(selectionOf(beyond9e18, { n: '9223372036854775806' })).toBe('not selected');
  expect(selectionOf(beyond9e18, { n: BEYOND })).toBe('not selected');
});

test.each([
  ['both requirements', required(all(YES, is('os', 'Exists'))), 'selected'],
  ['one of two requirements', required(all(YES, NO)), 'not selected'],
  ['one of two terms', required(all(NO), all(YES)), 'selected'],
  ['none of two terms', required(all(NO), all(NO)), 'not selected'],
  ['half of each term', required(all(YES, NO), all(NO, YES)), 'not selected'],
  ['a term that is empty', required({}), 'not selected'],
  ['a term whose lists are empty', required({ ...all(), matchFields: [] }), 'not selected'],
  ['an empty term beside one that matches', required({}, all(YES)), 'selected'],
])('satisfies %s', (_, pod, selection) => {
  expect(selectionOf(pod, LABELS)).toBe(selection);
});

test.each([
  ['nothing', {}, 'selected'],
  ['no labels', { nodeSelector: {} }, 'selected'],
  ['labels', { nodeSelector: { pool: 'gvisor', os: 'linux' } }, 'selected'],
  ['a label of another value', { nodeSelector: { pool: 'gvisor', os: 'other' } }, 'not selected'],
  ['a label that is missing', { nodeSelector: { missing: '' } }, 'not selected'],
  ['an affinity to pods alone', { affinity: { podAffinity: {} } } as PlacedPod, 'selected'],
  ['an affinity of no requirement', affinityOf({}), 'selected'],
  [
    'a preference',
    affinityOf({ preferredDuringSchedulingIgnoredDuringExecution: [{ preference: all(NO) }] }),
    'selected',
  ],
  [
    'labels, and an affinity that does not match',
    { nodeSelector: { pool: 'gvisor' }, ...required(all(NO)) },
    'not selected',
  ],
  [
    'an affinity, and labels that do not match',
    { nodeSelector: { pool: 'other' }, ...required(all(YES)) },
    'not selected',
  ],
])('asks for %s', (_, pod, selection) => {
  expect(selectionOf(pod, LABELS)).toBe(selection);
});

const FIELD = { key: 'metadata.name', operator: 'In', values: ['n1'] };

test.each([
  ['an operator beside a requirement that does not match', required(all(NO, STRANGE))],
  ['an operator in another term', required(all(NO), all(STRANGE))],
  [
    'an operator beside labels that do not match',
    { nodeSelector: { pool: 'other' }, ...required(all(STRANGE)) },
  ],
  ['matchFields', required({ matchFields: [FIELD] })],
  [
    'matchFields beside a requirement that does not match',
    required({ ...all(NO), matchFields: [FIELD] }),
  ],
  ['a field of a term', required({ ...all(NO), matchPolicy: 'Any' })],
  ['a field of a requirement', required(all({ ...NO, matchPolicy: 'Any' }))],
  ['no terms', required()],
  [
    'a field beside the terms',
    affinityOf({
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [all(NO)], not: true },
    }),
  ],
  [
    'another kind of requirement',
    affinityOf({ requiredDuringSchedulingRequiredDuringExecution: { nodeSelectorTerms: [] } }),
  ],
])('concludes nothing from what is not known: %s', (_, pod) => {
  expect(selectionOf(pod, LABELS)).toBe('unknown');
});
