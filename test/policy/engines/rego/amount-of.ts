/** An amount of the Rego library as the integer it stands for. Fails the test where it is not in its one right form. */
export function amountOf(value: unknown): bigint | undefined {
  if (value === undefined) return undefined;
  const [count = 0, ...limbs] = value as readonly number[];
  expect(limbs).toHaveLength(Math.abs(count));
  expect(limbs[0]).not.toBe(0);
  return limbs.reduce((sum, limb) => sum * 10n ** 9n + BigInt(limb), 0n);
}
