import * as fc from 'fast-check';
import { formatQuantity, MAX_BINARY_NANO, parseQuantity } from '../../../policy/pod/quantity';

const UNIT = 10n ** 9n;

describe('parseQuantity', () => {
  test.each<[string, bigint]>([
    ['0', 0n],
    ['0n', 0n],
    ['5n', 5n],
    ['4u', 4_000n],
    ['3m', 3_000_000n],
    ['9', 9n * UNIT],
    ['8k', 8_000n * UNIT],
    ['7Mi', 7n * 2n ** 20n * UNIT],
    ['1E', 10n ** 18n * UNIT],
    ['1E3', 1_000n * UNIT],
    ['1e3', 1_000n * UNIT],
    ['1E-3', 1_000_000n],
    ['1.3E+6', 1_300_000n * UNIT],
    ['9Ei', MAX_BINARY_NANO],
    ['9223372036854775807Ki', MAX_BINARY_NANO],
    ['12E', 12n * 10n ** 18n * UNIT],
    ['0.5Mi', 2n ** 19n * UNIT],
    ['0.05Gi', 53_687_091_200_000_000n],
    ['.001', 1_000_000n],
    ['1.', UNIT],
    ['1.G', 10n ** 9n * UNIT],
    ['100.035k', 100_035n * UNIT],
    ['3.001n', 4n],
    ['-3.001n', -4n],
    ['1.1n', 2n],
    ['0.000000000001Ki', 2n],
    ['+5', 5n * UNIT],
    ['-5', -5n * UNIT],
    ['1e-100', 1n],
    ['-1e-999999999', -1n],
  ])('%s is %d nano-units', (text, nano) => {
    expect(parseQuantity(text)).toBe(nano);
  });

  test.each<[string, string, bigint | undefined]>([
    ['no digits read as zero', 'k', 0n],
    ['a sign alone reads as zero', '-', 0n],
    ['no digits under a large binary suffix', 'Pi', undefined],
    ['exponents wrap at 32 bits', '1e4294967296', UNIT],
    ['exponents beyond int64', '1e9223372036854775808', undefined],
  ])('keeps the habit of apimachinery: %s', (_, text, nano) => {
    expect(parseQuantity(text)).toBe(nano);
  });

  test.each([
    '',
    '1.1.M',
    '1+1.0M',
    '0.1mi',
    '0.1am',
    '.5i',
    '1i',
    '-3.01e-',
    ' 1',
    '1 ',
    '1e',
    '1K',
    '１',
    '1\0',
  ])('%j is no quantity', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  test('no fraction digit is too far behind to round up', () => {
    const oneNano = `0.${(5n ** 60n).toString().padStart(69, '0')}`; // of 2^60: 10^-9 * 2^-60
    expect(parseQuantity(`${oneNano}Ei`)).toBe(1n);
    expect(parseQuantity(`${oneNano}${'0'.repeat(100)}1Ei`)).toBe(2n);
  });

  test('numbers too large to write down are alike and larger than all others', () => {
    expect(parseQuantity('1e999999999')).toBe(parseQuantity('1e91'));
    expect(parseQuantity('1e999999999')).toBeGreaterThan(parseQuantity('1e90') ?? 0n);
    expect(parseQuantity('-1e999999999')).toBe(-(parseQuantity('1e2147483647') ?? 0n));
  });

  test.each([
    ['digits', '9'.repeat(1_000_000)],
    ['zeros', '0'.repeat(1_000_000)],
    ['fraction digits', `0.${'1'.repeat(1_000_000)}Ki`],
    ['fraction zeros', `1.${'0'.repeat(1_000_000)}1`],
    ['exponent digits', `1e${'9'.repeat(1_000_000)}`],
    ['suffix letters', `1${'E'.repeat(1_000_000)}`],
    ['exponent', '1e2147483647'],
  ])('a million %s cost their length and no more', (_, text) => {
    const start = process.cpuUsage();
    parseQuantity(text);
    const { user, system } = process.cpuUsage(start);
    expect(user + system).toBeLessThan(250_000); // microseconds
  });
});

describe('formatQuantity', () => {
  test.each<[bigint, string]>([
    [0n, '0'],
    [1n, '0.000000001'],
    [500_000_000n, '0.5'],
    [-1_500_000_000n, '-1.5'],
    [10n * UNIT, '10'],
  ])('%d nano-units are written %s', (nano, text) => {
    expect(formatQuantity(nano)).toBe(text);
  });

  test('is read back unchanged', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (nano) => {
        expect(parseQuantity(formatQuantity(nano))).toBe(nano);
      }),
    );
  });
});
