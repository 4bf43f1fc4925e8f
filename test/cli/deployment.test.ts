import { describeProgress } from '../../cli/output/deployment';

const build = { step: 'toolchain', message: 'build etcd' } as const;

test.each([
  [{ done: 1, total: 1, elapsedSeconds: 0.2 }, 'build etcd: 1 of 1 package'],
  [{ done: 3, total: 20, elapsedSeconds: 0.2 }, 'build etcd: 3 of 20 packages'],
  [{ done: 3, total: 20, elapsedSeconds: 61.4 }, 'build etcd: 3 of 20 packages, 61 s'],
  [{ elapsedSeconds: 61.4 }, 'build etcd'],
])('progress %j reads "%s"', (count, text) => {
  expect(describeProgress({ ...build, ...count })).toBe(text);
});
