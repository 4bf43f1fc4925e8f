import * as fc from 'fast-check';
import { parseImage } from '../../../policy/pod/image';
import { askOracle } from '../../oracle/oracle';
import { sampleSeed } from '../../oracle/seed';

const SAMPLES = 20_000;

const repeated = (min: number, max: number) =>
  fc.integer({ min, max }).map((length) => 'b'.repeat(length));
const hex = (algorithm: string, digits: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: digits, maxLength: digits })
    .map((characters) => `@${algorithm}:${characters.join('')}`);

/** What references are made of, each part either right or open to be wrong. */
const right = {
  host: fc.constantFrom(
    ...['docker.io/', 'index.docker.io/', 'localhost/', 'ghcr.io/', '127.0.0.1:5000/', '[::1]/'],
    ...['[2001:db8::A]:443/', 'Reg/', 'a_b.c/', 'a-b.example:080/', '', '', ''],
  ),
  component: fc.oneof(
    fc.constantFrom('ubuntu', 'library', 'pytorch', 'a', '0', 'localhost', 'docker.io'),
    fc.stringMatching(/^[a-z0-9]{1,4}((\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}$/),
  ),
  tag: fc.oneof(fc.constant(''), fc.stringMatching(/^:[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}$/)),
  digest: fc.oneof(
    { weight: 4, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.oneof(hex('sha256', 64), hex('sha384', 96), hex('sha512', 128)) },
  ),
};
const open: typeof right = {
  host: fc.oneof(
    right.host,
    fc.constantFrom('[]/', '[::1/', 'ghcr.io:/', 'ghcr.io:x/', '/', '-a.b/'),
    fc.stringMatching(/^[A-Za-z0-9-]{1,4}(\.[A-Za-z0-9_-]{0,4}){0,2}(:[0-9]{0,5})?\/$/),
  ),
  component: fc.oneof(
    right.component,
    fc.stringMatching(/^[A-Za-z0-9._-]{0,6}$/),
    repeated(240, 260),
  ),
  tag: fc.oneof(
    right.tag,
    fc.stringMatching(/^:[A-Za-z0-9_.-]{0,8}$/),
    repeated(126, 130).map((text) => `:${text}`),
  ),
  digest: fc.oneof(
    right.digest,
    fc.constantFrom('sha256', 'sha1', 'SHA256', 'a+b').chain((name) => hex(name, 40)),
    fc.constantFrom('sha256', 'SHA256', 'sha512').chain((name) => hex(name, 64)),
    hex('sha256', 64).map((text) => text.toUpperCase()),
  ),
};

const reference = ({ host, component, tag, digest }: typeof right) => {
  const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  return fc.tuple(host, path, tag, digest).map((parts) => parts.join(''));
};
/** A reference with one character put in, taken out or put elsewhere. */
const mutated = fc
  .tuple(
    reference(right),
    fc.nat(),
    fc.constantFrom(...'aZ0/:@._-[] \n\u00e9', ''),
    fc.nat({ max: 1 }),
  )
  .map(([text, position, inserted, removed]) => {
    const at = position % (text.length + 1);
    return text.slice(0, at) + inserted + text.slice(at + removed);
  });
const identifier = fc.integer({ min: 63, max: 65 }).map((length) => 'f'.repeat(length));
const references = fc.oneof(
  { weight: 6, arbitrary: reference(right) },
  { weight: 6, arbitrary: reference(open) },
  { weight: 7, arbitrary: mutated },
  { weight: 1, arbitrary: identifier },
);

test(`${SAMPLES} image references are split as distribution/reference splits them`, async () => {
  const seed = sampleSeed();
  const texts = fc.sample(references, { numRuns: SAMPLES, seed });
  const answers = await askOracle(texts.map((text) => ({ op: 'image', text })));
  const differences = texts.flatMap((text, index) => {
    const { error, registry = '', repository = '', tag, digest } = answers[index] ?? { cmp: 0 };
    const expected = error === undefined ? { registry, repository, tag, digest } : undefined;
    const parsed = parseImage(text);
    const actual = parsed && { ...parsed, tag: parsed.tag, digest: parsed.digest };
    return JSON.stringify(actual) === JSON.stringify(expected)
      ? []
      : [{ text, actual, expected: expected ?? error }];
  });
  expect({ seed, differences: differences.slice(0, 10) }).toEqual({ seed, differences: [] });
  // Both outcomes are common, so that neither way of being wrong goes unseen.
  const valid = answers.filter(({ error }) => error === undefined).length;
  expect(valid).toBeGreaterThan(SAMPLES / 4);
  expect(valid).toBeLessThan((SAMPLES * 3) / 4);
}, 120_000);
