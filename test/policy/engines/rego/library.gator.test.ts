import * as fc from 'fast-check';
import { parseImage } from '../../../../policy/pod/image';
import { parseQuantity } from '../../../../policy/pod/quantity';
import { sampleSeed } from '../../../oracle/seed';
import { integerOf } from './integer-of';
import { buildGator } from './gator';
import { evaluate } from './probe';

const BUILD_TIMEOUT_MILLISECONDS = 600_000;
const RUN_TIMEOUT_MILLISECONDS = 120_000;
const QUANTITIES = 3_000;
const SUMS = 500;
const IMAGES = 1_500;

const ODD_QUANTITIES =
  `0 -0 +5 - . -. k n Ti Pi Ei e5 e-10 1. 1.G .5 .5Ki 1.5Gi 0.1Ki 3.001n -3.001n 0.1n 1e-10 1e99 1e200 -1e200
  1e4294967296 1e2147483647 1.5e-2147483648 1e9223372036854775807 1e9223372036854775808 9223372036854775807
  9223372036854775808 9223372036854775807Ki 8Ei 7.999999999999999999999Ei 0.000000000000000000000000001Ei 1e 1ee5 1k5 1.1.1 0x10
  999999999999999999999999999999 999999999n 1000000000n 999999999999999999999m 18446744073709551616 1_000 Inf NaN`.split(
    /\s+/,
  );

const quantities = fc.stringMatching(
  /^[+-]?([0-9]{1,6}|0{0,3}[0-9]{0,24}|9{1,30}|10{0,30})([.][0-9]{0,30})?([KMGTPE]i|[numkMGTPE]?|[eE][+-]?[0-9]{1,3})$/,
);

function sample<T>(arbitrary: fc.Arbitrary<T>, numRuns: number): { seed: number; values: T[] } {
  const seed = sampleSeed();
  return { seed, values: fc.sample(arbitrary, { seed, numRuns }) };
}

beforeAll(async () => void (await buildGator()), BUILD_TIMEOUT_MILLISECONDS);

test(
  `${QUANTITIES} quantities are the same nano-units in Rego`,
  async () => {
    const { seed, values } = sample(quantities, QUANTITIES);
    const texts = [...ODD_QUANTITIES, ...values];
    const parsed = await evaluate('quantity.parse(given)', texts);
    const differences = texts
      .map((text, index) => ({
        text,
        rego: integerOf(parsed[index]),
        expected: parseQuantity(text),
      }))
      .filter(({ rego, expected }) => rego !== expected);
    expect({ seed, differences: differences.slice(0, 10) }).toEqual({ seed, differences: [] });
  },
  RUN_TIMEOUT_MILLISECONDS,
);

test(
  'Rego puts quantities in their order',
  async () => {
    const { seed, values } = sample(fc.tuple(quantities, quantities), QUANTITIES);
    const neighbours = [
      ['10', '9'],
      ['4001m', '4'],
      ['1Gi', '1G'],
      ['-10', '-9'],
      ['8Ei', '9223372036854775807'],
      ['18446744073709551616', '18446744073709551617'],
      ['1000000000.000000001', '1000000000'],
    ];
    const pairs = [...neighbours, ...values] as [string, string][];
    const less = await evaluate('quantity.parse(given[0]) < quantity.parse(given[1])', pairs);
    const differences = pairs
      .map(([a, b], index) => ({ a, b, rego: less[index] ?? false, expected: isLess(a, b) }))
      .filter(({ rego, expected }) => rego !== expected);
    expect({ seed, differences: differences.slice(0, 10) }).toEqual({ seed, differences: [] });
  },
  RUN_TIMEOUT_MILLISECONDS,
);

function isLess(a: string, b: string): boolean {
  const [first, second] = [parseQuantity(a), parseQuantity(b)];
  return first !== undefined && second !== undefined && first < second;
}

test(
  `${SUMS} sums of quantities are exact in Rego`,
  async () => {
    const terms = fc.array(
      quantities.filter((text) => parseQuantity(text) !== undefined),
      { maxLength: 6 },
    );
    const { seed, values } = sample(terms, SUMS);
    const lists = [
      ['1', '-1'],
      ['999999999n', '1n'],
      ['1', '-0.000000001'],
      ['-5', '3'],
      ...values,
    ];
    const sums = await evaluate(
      'integer.total([quantity.parse(term) | some term in given])',
      lists,
    );
    const differences = lists
      .map((list, index) => ({ list, rego: integerOf(sums[index]), expected: sumOf(list) }))
      .filter(({ rego, expected }) => rego !== expected);
    expect({ seed, differences: differences.slice(0, 10) }).toEqual({ seed, differences: [] });
  },
  RUN_TIMEOUT_MILLISECONDS,
);

function sumOf(list: readonly string[]): bigint | undefined {
  if (list.length === 0) return undefined;
  return list.reduce((sum, text) => sum + (parseQuantity(text) ?? 0n), 0n);
}

const HOSTS = [
  'docker.io/',
  'index.docker.io/',
  'localhost/',
  'localhost:5000/',
  'Reg.example.com:443/',
  'Team/',
  'a_b.c/',
  '[::1]:5/',
];
const DIGESTS = [
  `@sha256:${'0f'.repeat(32)}`,
  `@sha512:${'0f'.repeat(64)}`,
  `@sha256:${'0F'.repeat(32)}`,
  '@md5:0123',
];
const images = fc
  .tuple(
    fc.constantFrom('', '', ...HOSTS),
    fc.stringMatching(/^[a-z0-9]{1,6}([._/-]{1,2}[a-zA-Z0-9]{1,4}){0,3}$/),
    fc.oneof(fc.constant(''), fc.stringMatching(/^:[\w.-]{0,6}$/)),
    fc.constantFrom('', '', ...DIGESTS),
  )
  .map((parts) => parts.join(''));
const ODD_IMAGES = [
  '',
  '/',
  ':',
  '@',
  'a/',
  '/a',
  'docker.io',
  'docker.io/',
  'index.docker.io/a/b',
  'f'.repeat(64),
  'f'.repeat(63),
].concat([
  'a'.repeat(256),
  `b/${'a'.repeat(252)}`,
  `b/${'a'.repeat(254)}`,
  `a:${'t'.repeat(128)}`,
  `a:${'t'.repeat(129)}`,
  'a\n',
  'é/a',
]);

test(
  `${IMAGES} image references have the same parts in Rego`,
  async () => {
    const { seed, values } = sample(images, IMAGES);
    const texts = [...ODD_IMAGES, ...values];
    const parts = await evaluate('image.parse(given)', texts);
    const differences = texts
      .map((text, index) => ({
        text,
        rego: parts[index],
        expected: lowerRegistry(parseImage(text)),
      }))
      .filter(
        ({ rego, expected }) => JSON.stringify(sorted(rego)) !== JSON.stringify(sorted(expected)),
      );
    expect({ seed, differences: differences.slice(0, 10) }).toEqual({ seed, differences: [] });
  },
  RUN_TIMEOUT_MILLISECONDS,
);

/** Conditions see the registry in lower case. */
function lowerRegistry(reference: ReturnType<typeof parseImage>) {
  return reference && { ...reference, registry: reference.registry.toLowerCase() };
}

function sorted(parts: unknown): unknown {
  return parts === undefined ? undefined : Object.entries(parts as object).sort();
}
