/** Each issue that zod finds comes with a fix that says what to do. */
import { z } from 'zod';
import { problemsOf } from '../../base/zod-problems';

const label = z.string().regex(/^[a-z]+$/, 'must be a DNS label');

test.each<[z.ZodType, unknown, string]>([
  [z.string(), 1, 'pass a string'],
  [z.int(), 1.5, 'pass a whole number'],
  [z.boolean(), undefined, 'pass true or false'],
  [z.string().min(1), '', 'pass a string of at least 1 character'],
  [z.string().max(2), 'abc', 'pass a string of at most 2 characters'],
  [z.array(z.string()).min(2), [], 'pass at least 2 elements'],
  [z.number().gt(0), 0, 'pass more than 0'],
  [z.enum(['a', 'b']), 'c', 'set it to one of a, b'],
  [z.literal('a'), 'c', 'set it to a'],
  [z.strictObject({}), { x: 1 }, 'remove x, or correct the spelling'],
  [z.record(label, z.string()), { A: 'x' }, 'pass a DNS label'],
  [label, 'A', 'pass a DNS label'],
  [
    z.union([z.int(), label], { error: 'must be a port or its name' }),
    null,
    'pass a port or its name',
  ],
])('%# gives the fix of an issue', (schema, value, fix) => {
  const { error } = schema.safeParse(value);
  expect(error && problemsOf(error).map((problem) => problem.fix)).toEqual([fix]);
});
