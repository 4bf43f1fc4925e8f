import {
  DNS_LABEL,
  DNS_SUBDOMAIN,
  IMAGE_TAG,
  LABEL_KEY,
  LABEL_VALUE,
  QUALIFIED_NAME,
  SHA256_DIGEST,
} from '../../base/patterns';

test.each<[string, RegExp, accepted: string[], refused: string[]]>([
  ['DNS label', DNS_LABEL, ['a', '0', 'a-b', 'a--9'], ['', '-a', 'a-', 'A', 'a.b', 'a_b', 'a\n']],
  ['DNS subdomain', DNS_SUBDOMAIN, ['a', 'a-b.c.0'], ['', '.a', 'a.', 'a..b', 'a.-b', 'A.b']],
  ['qualified name', QUALIFIED_NAME, ['a', 'A-b_c.9'], ['', '-a', 'a_', 'a.', 'a/b', 'a b']],
  ['label value', LABEL_VALUE, ['', 'a', 'A-b_c.9'], ['-a', 'a_', 'a.', 'a/b', ' ']],
  [
    'label key',
    LABEL_KEY,
    ['a', 'a.b/C_d', 'a'.repeat(63), `x/${'a'.repeat(63)}`],
    ['', '/a', 'a/', 'A/b', 'a/b/c', 'a..b/c', 'a'.repeat(64), `x/${'a'.repeat(64)}`],
  ],
  ['image tag', IMAGE_TAG, ['_', 'v1.2-x_Y', 'a'.repeat(128)], ['', '.a', '-a', 'a'.repeat(129)]],
  [
    'SHA-256 digest',
    SHA256_DIGEST,
    [`sha256:${'0a'.repeat(32)}`],
    [`sha256:${'0A'.repeat(32)}`, `sha512:${'0a'.repeat(64)}`, `sha256:${'0'.repeat(63)}`],
  ],
])('%s', (_name, pattern, accepted, refused) => {
  expect(accepted.filter((text) => !pattern.test(text))).toEqual([]);
  expect(refused.filter((text) => pattern.test(text))).toEqual([]);
});
