import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleSources } from '../../programs/bundle';

const sources = bundleSources();

describe.each(['webhook', 'rotator', 'installer'] as const)('%s.js', (name) => {
  const text = sources[name];

  it('fits a ConfigMap with room to spare', () => {
    expect(Buffer.byteLength(text)).toBeLessThan(700 * 1024);
    expect(Buffer.byteLength(text)).toBeGreaterThan(100 * 1024);
  });

  it('holds nothing of the computer that made it', () => {
    const root = join(__dirname, '../..');
    const paths = [root, homedir(), tmpdir(), process.execPath];
    expect(paths.filter((path) => text.includes(path))).toEqual([]);
  });

  it('needs nothing but Node', () => {
    const required = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map((match) => match[1] ?? '');
    const builtin = new Set(process.getBuiltinModule('node:module').builtinModules);
    expect(required.filter((name) => !builtin.has(name.replace(/^node:/, '')))).toEqual([]);
  });
});

it('is the same text every time', () => {
  expect(bundleSources()).toEqual(sources);
});
