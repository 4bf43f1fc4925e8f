/**
 * Kubernetes quantities as exact integers.
 *
 * Source: `ParseQuantity` in k8s.io/apimachinery v0.36.3, pkg/api/resource/quantity.go, whose every habit is kept, the odd ones
 * too: a string without digits may be zero (`k`, `-`), exponents wrap at 32 bits, only binary suffixes are capped at 2^63-1.
 * One thing differs on purpose: work is bounded by the length of the text, never by the size of the number it names, so
 * magnitudes of `SATURATED` nano-units and more are all alike.
 */

import { isDigit, isZero, skipWhile } from './ascii';

const NANO_DIGITS = 9;
const NANO_PER_UNIT = 10n ** 9n;

/** More decimal digits than this, counted in nano-units, and a value is saturated. */
const MAX_NANO_DIGITS = 100;
const SATURATED = 10n ** BigInt(MAX_NANO_DIGITS);

/** Largest value with a binary suffix, in nano-units: 2^63-1 whole units (apimachinery math.go, maxAllowed). */
export const MAX_BINARY_NANO = (2n ** 63n - 1n) * NANO_PER_UNIT;

/**
 * Fraction digits that can matter under a binary suffix: a multiple of one nano-unit over 2^60 has at most 60 + 9 of them.
 * Anything behind can only round up.
 */
const BINARY_FRACTION_DIGITS = 69;

interface Suffix {
  readonly base: 2 | 10;
  readonly exponent: number;
}

const SUFFIXES: ReadonlyMap<string, Suffix> = new Map<string, Suffix>([
  ['n', { base: 10, exponent: -9 }],
  ['u', { base: 10, exponent: -6 }],
  ['m', { base: 10, exponent: -3 }],
  ['', { base: 10, exponent: 0 }],
  ['k', { base: 10, exponent: 3 }],
  ['M', { base: 10, exponent: 6 }],
  ['G', { base: 10, exponent: 9 }],
  ['T', { base: 10, exponent: 12 }],
  ['P', { base: 10, exponent: 15 }],
  ['E', { base: 10, exponent: 18 }],
  ['Ki', { base: 2, exponent: 10 }],
  ['Mi', { base: 2, exponent: 20 }],
  ['Gi', { base: 2, exponent: 30 }],
  ['Ti', { base: 2, exponent: 40 }],
  ['Pi', { base: 2, exponent: 50 }],
  ['Ei', { base: 2, exponent: 60 }],
]);

interface Scanned {
  readonly negative: boolean;
  /** Digits before the point, leading zeros stripped. */
  readonly whole: string;
  readonly fraction: string;
  /** Whether the number has any digit at all, a stripped zero too. */
  readonly hasDigits: boolean;
  readonly suffix: string;
}

/**
 * Parses a Kubernetes quantity.
 *
 * @returns the value in nano-units (10^-9), rounded away from zero, or undefined where `ParseQuantity` gives an error
 */
export function parseQuantity(text: string): bigint | undefined {
  if (text === '') return undefined;
  const scanned = scan(text);
  const suffix = SUFFIXES.get(scanned.suffix) ?? exponentSuffix(scanned.suffix);
  if (suffix === undefined) return undefined;
  const magnitude =
    suffix.base === 10
      ? decimalNano(scanned, suffix.exponent)
      : binaryNano(scanned, suffix.exponent);
  return magnitude !== undefined && scanned.negative ? -magnitude : magnitude;
}

/** Writes nano-units as a plain decimal, `0.5`, which `parseQuantity` reads back. */
export function formatQuantity(nano: bigint): string {
  const magnitude = nano < 0n ? -nano : nano;
  const fraction = (magnitude % NANO_PER_UNIT).toString().padStart(NANO_DIGITS, '0');
  const digits = `${magnitude / NANO_PER_UNIT}.${fraction}`.replace(/\.?0{1,9}$/, '');
  return nano < 0n ? `-${digits}` : digits;
}

function scan(text: string): Scanned {
  const signed = text[0] === '-' || text[0] === '+';
  const start = signed ? 1 : 0;
  const wholeStart = skipWhile(text, start, isZero);
  const wholeEnd = skipWhile(text, wholeStart, isDigit);
  const hasPoint = text[wholeEnd] === '.';
  const fractionStart = hasPoint ? wholeEnd + 1 : wholeEnd;
  const fractionEnd = hasPoint ? skipWhile(text, fractionStart, isDigit) : wholeEnd;
  return {
    negative: text[0] === '-',
    whole: text.slice(wholeStart, wholeEnd),
    fraction: text.slice(fractionStart, fractionEnd),
    hasDigits: wholeEnd > start || fractionEnd > fractionStart,
    suffix: text.slice(fractionEnd),
  };
}

/** `e5`, `E-3`: the exponent as int64, cut to int32 as upstream does (suffix.go, interpret). */
function exponentSuffix(suffix: string): Suffix | undefined {
  if (suffix[0] !== 'e' && suffix[0] !== 'E') return undefined;
  const signed = suffix[1] === '-' || suffix[1] === '+';
  const start = signed ? 2 : 1;
  if (start === suffix.length || skipWhile(suffix, start, isDigit) !== suffix.length)
    return undefined;
  const digits = suffix.slice(skipWhile(suffix, start, isZero));
  if (digits.length > 19) return undefined;
  const exponent = suffix[1] === '-' ? -BigInt(digits) : BigInt(digits);
  if (BigInt.asIntN(64, exponent) !== exponent) return undefined;
  return { base: 10, exponent: Number(BigInt.asIntN(32, exponent)) };
}

function decimalNano(number: Scanned, exponent: number): bigint | undefined {
  const scale = int32(exponent - number.fraction.length);
  // Below a nano-unit upstream uses a decimal reader that wants a digit; above it, no digits read as zero.
  if (scale < -NANO_DIGITS && !number.hasDigits) return undefined;
  return scaledNano(number.whole + number.fraction, scale);
}

/** `digits * 10^scale` in nano-units, rounded up. */
function scaledNano(digits: string, scale: number): bigint {
  const first = skipWhile(digits, 0, isZero);
  const shift = scale + NANO_DIGITS;
  const kept = digits.length - first + shift;
  if (first === digits.length) return 0n;
  if (kept > MAX_NANO_DIGITS) return SATURATED;
  if (kept <= 0) return 1n;
  if (shift >= 0) return BigInt(digits.slice(first)) * 10n ** BigInt(shift);
  const roundsUp = skipWhile(digits, first + kept, isZero) < digits.length;
  return BigInt(digits.slice(first, first + kept)) + (roundsUp ? 1n : 0n);
}

function binaryNano(number: Scanned, exponent: number): bigint | undefined {
  // Up to Ti upstream computes in an int64, where no digits read as zero; above, it wants a digit.
  if (!number.hasDigits) return exponent <= 40 ? 0n : undefined;
  if (number.whole.length > 19) return MAX_BINARY_NANO;
  const fraction = number.fraction.slice(0, BINARY_FRACTION_DIGITS);
  const inexact = skipWhile(number.fraction, fraction.length, isZero) < number.fraction.length;
  const dividend = (BigInt(number.whole + fraction) << BigInt(exponent)) * NANO_PER_UNIT;
  const divisor = 10n ** BigInt(fraction.length);
  const roundsUp = inexact || dividend % divisor !== 0n;
  const nano = dividend / divisor + (roundsUp ? 1n : 0n);
  return nano > MAX_BINARY_NANO ? MAX_BINARY_NANO : nano;
}

function int32(value: number): number {
  return value | 0;
}
