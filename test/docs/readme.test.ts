/** Holds the README's snippet and map to the code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import { transformSync } from '@swc/core';
import * as constructs from '../../constructs';
import rooms from '../../docs/rooms.json';

const ROOT = join(__dirname, '../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

test('the first settings file it shows is valid', () => {
  const source = /```ts\n(.*?)```/s.exec(README)?.[1] ?? '';
  const { code } = transformSync(source, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  const module = { exports: {} as { default?: constructs.SandboxConfig } };
  const required: string[] = [];
  const load = (name: string): unknown => {
    required.push(name);
    return constructs;
  };
  const run = compileFunction(code, ['exports', 'require']) as (...of: unknown[]) => void;
  run(module.exports, load);
  expect(required).toEqual(['./constructs']);
  expect(module.exports.default?.policy.rules.map(({ name }) => name)).toEqual(['high_compute']);
});

test('its map names every room', () => {
  const map = README.slice(README.indexOf('## How it is built'));
  for (const room of Object.keys(rooms)) expect(map).toContain(`${room}/ `);
});

test('every file it links to exists', () => {
  const links = [...README.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link ?? '');
  expect(links.length).toBeGreaterThan(5);
  const files = new Set([
    ...readdirSync(ROOT),
    ...readdirSync(join(ROOT, 'docs')).map((f) => `docs/${f}`),
  ]);
  expect(links.filter((link) => !files.has(link))).toEqual([]);
});
