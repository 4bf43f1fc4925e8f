import fc from 'fast-check';
import { createReviewScan, type ReviewScan } from '../../../webhook-src/server/structure';

interface Scanned {
  readonly cost: number;
  readonly depth: number;
  readonly head: ReviewScan['head'];
  /** What is left of the text. */
  readonly kept: string;
}

function scan(text: string, pieceBytes = Infinity): Scanned {
  const bytes = Buffer.from(text);
  const scanning = createReviewScan();
  const kept: Buffer[] = [];
  const size = Math.min(pieceBytes, bytes.length) || 1;
  for (let start = 0; start < bytes.length; start += size) {
    scanning.feed(bytes.subarray(start, start + size), (part) => kept.push(Buffer.from(part)));
  }
  const { cost, depth, head } = scanning;
  return { cost, depth, head: { ...head }, kept: Buffer.concat(kept).toString() };
}

const reviewOf = (object: unknown, request: object = {}): string =>
  JSON.stringify({ apiVersion: 'admission.k8s.io/v1', request: { object, ...request } });

/** What the review of a pod costs beyond that of one that is empty. */
const costOf = (pod: unknown): number => scan(reviewOf(pod)).cost - scan(reviewOf({})).cost;

describe('the prices of places.ts', () => {
  it.each<[string, unknown, number]>([
    ['an object and its members', { x: { a: 1, b: 'b' } }, 1 + 2 + 2],
    ['an array, and its elements after the first', { x: [1, 2, 3] }, 1 + 2 + 2],
    ['a label', { metadata: { labels: { a: 'b' } } }, 3 + 3 + 10],
    ['an annotation', { metadata: { annotations: { a: 'b', c: 'd' } } }, 3 + 3 + 20],
    ['a container', { spec: { containers: [{}] } }, 3 + 1 + 40 + 2],
    ['an init container', { spec: { initContainers: [{}, {}] } }, 3 + 1 + 80 + 4],
    ['an ephemeral container', { spec: { ephemeralContainers: [0, 0] } }, 3 + 1 + 80],
    [
      'a quantity of a container',
      { spec: { containers: [{ resources: { limits: { cpu: 1 }, requests: { cpu: 1 } } }] } },
      46 + 3 + 2 * (3 + 10),
    ],
    ['a quantity of the pod', { spec: { resources: { limits: { cpu: 1 } } } }, 3 + 3 + 3 + 10],
    ['a label elsewhere', { spec: { labels: { a: 'b' } } }, 3 + 3 + 1],
    ['containers that are no array', { spec: { containers: { a: {} } } }, 3 + 3 + 3],
    ['labels that are no object', { metadata: { labels: ['a', 'b'] } }, 3 + 3 + 1],
  ])('%s', (_name, pod, cost) => {
    expect(costOf(pod)).toBe(cost);
  });
});

const FIELDS = { a: [{ b: {} }], 'k:{"x"}': '}]{[\\"' };

describe('managedFields', () => {
  const without = scan(reviewOf({ metadata: { managedFields: null, name: 'p' } }));

  it.each([
    ['an array', [FIELDS, FIELDS]],
    ['an object', FIELDS],
    ['empty', []],
  ])('%s: neither counted nor kept', (_name, managedFields) => {
    expect(scan(reviewOf({ metadata: { managedFields, name: 'p' } }))).toEqual(without);
  });

  it('of the old object too, and what follows is counted as ever', () => {
    const oldOf = (managedFields: unknown): Scanned =>
      scan(reviewOf({ spec: {} }, { oldObject: { metadata: { managedFields, x: [1] } }, z: [1] }));
    expect(oldOf([FIELDS])).toEqual(oldOf(null));
  });

  it('its key may be written with escapes, and be there twice', () => {
    const text = reviewOf({ metadata: { managedFields: [FIELDS] } });
    const value = JSON.stringify([FIELDS]);
    const key = String.raw`"managed\u0046iel\u0064s"`;
    const twice = text.replace('"managedFields"', `${key}:${value},"managedFields"`);
    expect(scan(twice).kept).toContain(`${key}:null,"managedFields":null`);
    expect(scan(text.replace('"managedFields"', String.raw`"managedFields\""`)).kept).toContain(
      value,
    );
  });

  it.each<[string, unknown]>([
    ['a label', { metadata: { labels: { managedFields: [1] } } }],
    ['an annotation', { metadata: { annotations: { managedFields: [1] } } }],
    ['the spec', { spec: { managedFields: [1] } }],
    ['the pod itself', { managedFields: [1] }],
    ['an array in between', [{ metadata: { managedFields: [1] } }]],
    ['metadata that is an array', { metadata: [{ managedFields: [1] }] }],
    ['the metadata of a volume', { spec: { volumes: [{ metadata: { managedFields: [1] } }] } }],
    ['a string that looks like it', { x: '"metadata":{"managedFields":[1]}', metadata: {} }],
  ])('%s has none: a member of that name is kept and counted', (_name, pod) => {
    const text = reviewOf(pod);
    expect(scan(text).kept).toBe(text);
  });

  it.each(['options', 'userInfo'])('%s has none', (member) => {
    const text = reviewOf({}, { [member]: { metadata: { managedFields: [1] } } });
    expect(scan(text).kept).toBe(text);
  });
});

describe('the head', () => {
  const REQUEST = { uid: 'u-1', name: 'p', namespace: 'ns', operation: 'CREATE' };

  it('has what names review and pod', () => {
    const metadata = { name: '', generateName: 'p-', namespace: 'other' };
    expect(scan(reviewOf({ metadata }, REQUEST)).head).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      uid: 'u-1',
      namespace: 'ns',
      name: 'p',
      podName: '',
      generateName: 'p-',
    });
  });

  it('reads escapes, and nothing of other places', () => {
    const text = reviewOf(
      { spec: { uid: 'x', name: 'x' } },
      { ...REQUEST, userInfo: { uid: 'x' } },
    );
    expect(scan(text.replace('"u-1"', String.raw`"\u0075-1"`)).head.uid).toBe('u-1');
    expect(scan(text).head).toMatchObject({ uid: 'u-1', name: 'p' });
  });

  it('reads no name longer than any can be', () => {
    expect(scan(reviewOf({}, { uid: 'u'.repeat(2_049) }), 100).head.uid).toBeUndefined();
    expect(scan(reviewOf({}, { uid: 'u'.repeat(2_049) })).head.uid).toBeUndefined();
    expect(scan(reviewOf({}, { uid: 'u'.repeat(2_048) }), 100).head.uid).toHaveLength(2_048);
  });
});

it('text that is not JSON at all is counted on', () => {
  expect(scan('['.repeat(1_000))).toMatchObject({ depth: 1_000, cost: 2_000 });
  expect(scan(`${']'.repeat(1_000)}${'['.repeat(65)}`)).toMatchObject({ depth: 65, cost: 130 });
  expect(scan('"'.repeat(5)).cost).toBe(0);
});

/** Paths below `request.object`, with * for an element. */
const ENTRIES =
  /^(metadata\.(labels|annotations)|spec\.((containers|initContainers|ephemeralContainers)\.\*\.)?resources\.(requests|limits))$/;
const CONTAINERS = /^spec\.(containers|initContainers|ephemeralContainers)$/;

/** Costs and depth by the value: slow, and by other means than the scan. */
function measure(value: unknown, path: readonly string[] = []): { cost: number; depth: number } {
  if (typeof value !== 'object' || value === null) return { cost: 0, depth: 0 };
  const [request, object, ...below] = path;
  const where = request === 'request' && object === 'object' ? below.join('.') : '';
  const parts = Object.entries(value).map(([key, part]) =>
    measure(part, [...path, Array.isArray(value) ? '*' : key]),
  );
  const own = Array.isArray(value)
    ? arrayCost(value.length, CONTAINERS.test(where))
    : 2 + parts.length * (ENTRIES.test(where) ? 10 : 1);
  return {
    cost: own + parts.reduce((sum, { cost }) => sum + cost, 0),
    depth: 1 + Math.max(0, ...parts.map(({ depth }) => depth)),
  };
}

function arrayCost(length: number, isOfContainers: boolean): number {
  const behindFirst = Math.max(0, length - 1);
  return isOfContainers ? 40 + behindFirst * 40 : 2 + behindFirst;
}

/** Without what is dropped: `managedFields` that is an object or array. */
function withoutManagedFields(value: unknown): unknown {
  const copy = structuredClone(value) as {
    request?: Record<string, { metadata?: Record<string, unknown> } | null>;
  };
  for (const name of ['object', 'oldObject']) {
    const pod = isObject(copy) && isObject(copy.request) ? copy.request[name] : undefined;
    const metadata = isObject(pod) ? pod.metadata : undefined;
    if (!isObject(metadata) || !Object.hasOwn(metadata, 'managedFields')) continue;
    if (typeof metadata['managedFields'] === 'object') metadata['managedFields'] = null;
  }
  return copy;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const keys = fc.oneof(
  fc.constantFrom(
    ...['request', 'object', 'oldObject', 'metadata', 'managedFields', 'spec', 'resources'],
    ...['labels', 'annotations', 'containers', 'initContainers', 'requests', 'limits', 'name'],
  ),
  fc.string({ unit: 'binary', maxLength: 4 }).filter((key) => key !== '__proto__'),
);

/** Values whose keys are mostly those that are looked for, at their place and elsewhere. */
const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.integer(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

/** The members of a real review, with anything in them. */
const members = (...names: string[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, anything])), { requiredKeys: [] });
const resources = members('requests', 'limits', 'x');
const containers = fc.array(fc.record({ resources, env: anything }, { requiredKeys: [] }), {
  maxLength: 3,
});
const spec = fc.record(
  { containers, initContainers: containers, resources, x: anything },
  { requiredKeys: [] },
);
const object = fc.record(
  { metadata: members('managedFields', 'labels', 'annotations', 'name'), spec },
  { requiredKeys: [] },
);
const reviews = fc.oneof(
  anything,
  fc.record({
    apiVersion: fc.string(),
    request: fc.record({ uid: anything, object, oldObject: object, z: anything }),
  }),
);

/** Each character of some keys and strings as an escape: the same to a parser. */
function escaped(text: string): string {
  return text.replace(/"[a-zA-Z]+"/g, (token, at: number) =>
    at % 2 === 0
      ? token
      : `"${[...token.slice(1, -1)].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')}"`,
  );
}

const spacing = fc.constantFrom(undefined, 1, '\t');

describe('laws', () => {
  it('cost, depth and what is kept are those of the parsed value without managedFields', () => {
    fc.assert(
      fc.property(reviews, spacing, fc.boolean(), (value, space, isEscaped) => {
        const plain = JSON.stringify(value, undefined, space);
        const text = isEscaped ? escaped(plain) : plain;
        const parsed: unknown = JSON.parse(text);
        expect(parsed).toEqual(value);
        const expected = withoutManagedFields(parsed);
        const { cost, depth, kept } = scan(text);
        expect({ cost, depth }).toEqual(measure(expected));
        expect(JSON.parse(kept)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('it does not matter where the pieces end', () => {
    fc.assert(
      fc.property(
        reviews,
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        (value, size, isEscaped) => {
          const plain = JSON.stringify(value);
          const text = isEscaped ? escaped(plain) : plain;
          expect(scan(text, size)).toEqual(scan(text));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('no bytes whatever make it throw, and pieces do not matter to them either', () => {
    const tokens = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"', '\\', '"request"', '"object"', '"metadata"'],
      ...['"managedFields":[', '0', ' '],
    );
    fc.assert(
      fc.property(
        fc.array(tokens, { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        (parts, size) => {
          const text = parts.join('');
          expect(scan(text, size)).toEqual(scan(text));
        },
      ),
      { numRuns: 300 },
    );
  });
});
