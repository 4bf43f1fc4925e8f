import type { ImageReference } from '../../../policy/pod/image';
import { parseImage } from '../../../policy/pod/image';

const SHA = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('parseImage', () => {
  test.each<[string, ImageReference]>([
    ['ubuntu', { registry: 'docker.io', repository: 'library/ubuntu', tag: 'latest' }],
    ['ubuntu:22.04', { registry: 'docker.io', repository: 'library/ubuntu', tag: '22.04' }],
    ['pytorch/pytorch', { registry: 'docker.io', repository: 'pytorch/pytorch', tag: 'latest' }],
    ['docker.io/ubuntu', { registry: 'docker.io', repository: 'library/ubuntu', tag: 'latest' }],
    ['index.docker.io/a/b', { registry: 'docker.io', repository: 'a/b', tag: 'latest' }],
    ['localhost/a', { registry: 'localhost', repository: 'a', tag: 'latest' }],
    ['localhost:5000', { registry: 'docker.io', repository: 'library/localhost', tag: '5000' }],
    ['reg.example:5000/a/b:T', { registry: 'reg.example:5000', repository: 'a/b', tag: 'T' }],
    ['[::1]:5000/a', { registry: '[::1]:5000', repository: 'a', tag: 'latest' }],
    ['Upper/a', { registry: 'Upper', repository: 'a', tag: 'latest' }],
    ['a_b.c/d', { registry: '', repository: 'a_b.c/d', tag: 'latest' }],
    [`ghcr.io/a@${SHA}`, { registry: 'ghcr.io', repository: 'a', digest: SHA }],
    [`ghcr.io/a:1@${SHA}`, { registry: 'ghcr.io', repository: 'a', tag: '1', digest: SHA }],
  ])('%s', (text, reference) => {
    expect(parseImage(text)).toEqual(reference);
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['a space', 'a b'],
    ['an image id', 'f'.repeat(64)],
    ['upper case in the repository', 'ghcr.io/A'],
    ['an empty path component', 'ghcr.io//a'],
    ['an empty tag', 'ghcr.io/a:'],
    ['a tag of 129 characters', `a:${'b'.repeat(129)}`],
    ['a repository of 256 characters', `ghcr.io/${'b'.repeat(256)}`],
    ['three underscores', 'a___b'],
    ['a component that ends in a separator', 'a-/b'],
    ['an empty port', 'ghcr.io:/a'],
    ['a digest of another algorithm', `a@md5:${'0'.repeat(32)}`],
    ['a digest in upper case', `a@${SHA.replaceAll('a', 'A')}`],
    ['a digest too short', `a@${SHA.slice(0, -1)}`],
    ['two digests', `a@${SHA}@${SHA}`],
  ])('%s is no reference', (_, text) => {
    expect(parseImage(text)).toBeUndefined();
  });

  test('lengths at the limit are references', () => {
    expect(parseImage(`ghcr.io/${'b'.repeat(255)}`)).toBeDefined();
    expect(parseImage(`a:${'b'.repeat(128)}`)).toBeDefined();
  });

  test.each(['a', 'a-', 'a.', '/', ':', 'a/', '-', 'A', '['])(
    'a million times %j costs its length and no more',
    (text) => {
      const start = process.cpuUsage();
      expect(parseImage(text.repeat(1_000_000))).toBeUndefined();
      const { user, system } = process.cpuUsage(start);
      expect(user + system).toBeLessThan(500_000); // microseconds
    },
  );
});
