import * as fc from 'fast-check';
import { parseQuantity } from '../../../policy/pod/quantity';
import { askOracle, nanoOf } from '../../oracle/oracle';
import { sampleSeed } from '../../oracle/seed';

const SAMPLES = 100_000;
const COMPARISONS = 20_000;

/** Texts of the tables in apimachinery v0.36.3, pkg/api/resource/quantity_test.go. */
const UPSTREAM =
  `0 0n 0u 0m 0Ki 0k 0Mi 0M 0Gi 0G 0Ti 0T 0Pi 0P 0Ei 0E 1Ki 8Ki 7Mi 6Gi 5Ti 4Pi 3Ei 5n 4u 3m 9 8k 50k 7M 6G 5T 40T
  300T 2P 1E 1E-3 1e3 1E6 1e9 1E12 1e15 1E18 1e14 1e13 1e12 1e11 1e10 1e8 1e7 1e5 1e4 1e2 1e1 1e0 1e-1 1e-2 1e-4 100.035k 0.001 0.0005k
  0.005 0.05 0.5 0.00050k 0.00500 0.05000 0.50000 0.5e0 0.5e-1 0.5e-2 0.5e-3 10035m 1.2e3 1.3E+6 1.40e9 1.53E12 1.6e15 1.7E18
  9.01 8.1k 7.123456M 6.987654321G 5.444T 40.1T 300.2T 2.5P 1.01E 3.01 2.01 3.001n 1.1n 9Ei 9223372036854775807Ki 12E 100E 100.1E 8Ei
  0.1Ki 0.000001Ki 0.000000000001Ki 1.000001Ki 0.5Mi 0.05Gi 0.025Ti .001 .0001k 1. 1.G 0.3Gi 1000000000000000000000000 -5 -1.5 +5 + - . -. k Ki
  Ti Pi Ei e5 e-10 E n 1.1.M 1+1.0M 0.1mi 0.1am aoeu .5i 1i -3.01i -3.01e- 1e 1E+ 1ee5 1k5 00 007 -0 0.0 1e18 1e19 -1e19 1e00000000000000000000000000001
  1e4294967296 1e-4294967296 1e2147483647 1.5e-2147483648 1e9223372036854775807 1e9223372036854775808 0e-999999999 1e999999999`.split(
    /\s+/,
  );

const digits = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[0-9]{0,6}$/) },
  { weight: 2, arbitrary: fc.stringMatching(/^[0-9]{12,22}$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^0{0,5}[1-9]0{0,40}$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^[0-9]{60,90}$/) },
);
const sign = fc.constantFrom('', '', '', '', '-', '+');
const number = fc.oneof(
  fc.tuple(sign, digits).map((parts) => parts.join('')),
  fc.tuple(sign, digits, fc.constant('.'), digits).map((parts) => parts.join('')),
);
const exponent = fc
  .tuple(fc.constantFrom('e', 'E'), sign, fc.integer({ min: 0, max: 130 }))
  .map((parts) => parts.join(''));
const suffix = fc.oneof(
  fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'P', 'E'),
  fc.constantFrom('Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'),
  exponent,
);
const grammatical = fc.tuple(number, suffix).map((parts) => parts.join(''));

/** A quantity with one character put in, taken out or put elsewhere. */
const mutated = fc
  .tuple(
    fc.oneof(grammatical, fc.constantFrom(...UPSTREAM)),
    fc.nat(),
    fc.constantFrom(...'0123456789.+-eEinumkKMGTP _x\u00b5', ''),
    fc.nat({ max: 1 }),
  )
  .map(([text, position, inserted, removed]) => {
    const at = position % (text.length + 1);
    return text.slice(0, at) + inserted + text.slice(at + removed);
  });

const quantities = fc
  .oneof(
    { weight: 6, arbitrary: grammatical },
    { weight: 3, arbitrary: mutated },
    { weight: 1, arbitrary: fc.constantFrom(...UPSTREAM) },
  )
  .filter(isSafeToAsk);

/** Upstream itself multiplies large exponents out when it has to round or to compare: those it must not be asked. */
function isSafeToAsk(text: string): boolean {
  const power = /[eE]([-+]?[0-9]+)$/.exec(text)?.[1];
  return UPSTREAM.includes(text) || power === undefined || Math.abs(Number(power)) <= 1_000;
}

test(`${SAMPLES} quantities are read as apimachinery reads them`, async () => {
  const seed = sampleSeed();
  const texts = [...UPSTREAM, ...fc.sample(quantities, { numRuns: SAMPLES, seed })];
  const answers = await askOracle(texts.map((text) => ({ op: 'quantity', text })));
  const differences = texts.flatMap((text, index) => {
    const answer = answers[index];
    const expected = answer?.value && nanoOf(answer.value);
    const actual = parseQuantity(text);
    return actual === expected ? [] : [`${JSON.stringify(text)}: ${actual}, upstream ${expected}`];
  });
  expect({ seed, differences: differences.slice(0, 10) }).toEqual({ seed, differences: [] });
  const valid = answers.filter(({ error }) => error === undefined).length;
  expect(valid).toBeGreaterThan(SAMPLES / 2);
  expect(valid).toBeLessThan(SAMPLES);
}, 120_000);

test(`${COMPARISONS} pairs of quantities are ordered as apimachinery orders them`, async () => {
  const seed = sampleSeed();
  const close = fc
    .tuple(fc.integer({ min: -2_000, max: 2_000 }), suffix)
    .map(([n, unit]) => `${n}${unit}`);
  const comparable = fc.oneof(close, grammatical).filter((text) => {
    const nano = parseQuantity(text);
    return nano !== undefined && nano < 10n ** 99n && nano > -(10n ** 99n);
  });
  const pairs = fc.sample(fc.tuple(comparable, comparable), { numRuns: COMPARISONS, seed });
  const answers = await askOracle(pairs.map(([text, other]) => ({ op: 'compare', text, other })));
  const differences = pairs.flatMap(([text, other], index) => {
    const [a, b] = [parseQuantity(text) ?? 0n, parseQuantity(other) ?? 0n];
    const actual = a < b ? -1 : a > b ? 1 : 0;
    return actual === answers[index]?.cmp ? [] : [`${text} and ${other}: ${actual}`];
  });
  expect({ seed, differences: differences.slice(0, 10) }).toEqual({ seed, differences: [] });
}, 120_000);
