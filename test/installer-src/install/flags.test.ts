import {
  digestsFlag,
  runscConfigFlag,
  sourceFlag,
  versionFlag,
} from '../../../installer-src/install/flags';

const A = 'a'.repeat(128);

test('values are read, or refused as invalid', () => {
  expect(versionFlag.read('20260914.0')).toBe('20260914.0');
  for (const text of ['latest', '2026', '20260914.0/..', ''])
    expect(versionFlag.read(text)).toBeUndefined();
  expect(sourceFlag.read('https://a.example.org/x/')).toBe('https://a.example.org/x');
  expect(sourceFlag.read('file:///x')).toBeUndefined();
  expect(digestsFlag.read(`x86_64/runsc=${A}`)).toEqual(new Map([['x86_64/runsc', A]]));
  for (const text of [
    `x86_64/runsc=${A.slice(1)}`,
    `x86_64/sh=${A}`,
    `../runsc=${A}`,
    'x86_64/runsc',
  ])
    expect(digestsFlag.read(text)).toBeUndefined();
  expect(runscConfigFlag.read('platform=kvm,net-raw=true')).toEqual({
    platform: 'kvm',
    'net-raw': 'true',
  });
  for (const text of ['a=1,a=2', 'a="', 'A=1', 'a'])
    expect(runscConfigFlag.read(text)).toBeUndefined();
});
