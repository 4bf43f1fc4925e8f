/** An integer of the Rego library `integer` as a bigint. Fails the test where it is not in its one valid form. */
export function integerOf(value: unknown): bigint | undefined {
  if (value === undefined) return undefined;
  const [count = 0, ...limbs] = value as readonly number[];
  expect(limbs).toHaveLength(Math.abs(count));
  expect(limbs[0]).not.toBe(0);
  return limbs.reduce((sum, limb) => sum * 10n ** 9n + BigInt(limb), 0n);
}
