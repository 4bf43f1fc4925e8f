import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReloader } from '../../../webhook-src/server/reload';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'reload-'))));
afterEach(() => rmSync(directory, { recursive: true }));

function watching(load: () => Promise<string>) {
  const file = join(directory, 'file');
  const seen: string[] = [];
  const reloader = createReloader([file], load, {
    loaded: (value) => seen.push(`loaded ${value}`),
    failed: (error) => seen.push(`failed ${(error as Error).message}`),
  });
  return { file, seen, reloader };
}

it('loads once for each change, not once for each look', async () => {
  let loads = 0;
  const { file, seen, reloader } = watching(() => Promise.resolve(String((loads += 1))));
  writeFileSync(file, 'a');
  await reloader.check();
  await reloader.check();
  writeFileSync(file, 'bb');
  await reloader.check();
  await reloader.check();
  expect(seen).toEqual(['loaded 1', 'loaded 2']);
});

it('tries again while it fails, without a change on disk, and reports each reason once', async () => {
  const reasons = ['not yet', 'not yet', 'still not'];
  const { file, seen, reloader } = watching(() => {
    const reason = reasons.shift();
    return reason === undefined ? Promise.resolve('good') : Promise.reject(new Error(reason));
  });
  writeFileSync(file, 'a');
  for (let look = 0; look < 5; look += 1) await reloader.check();
  expect(seen).toEqual(['failed not yet', 'failed still not', 'loaded good']);
});

it('takes a change that comes while the files are read at the next look', async () => {
  let loads = 0;
  const { file, seen, reloader } = watching(() => {
    loads += 1;
    if (loads === 1) writeFileSync(file, 'changed meanwhile');
    return Promise.resolve(String(loads));
  });
  writeFileSync(file, 'a');
  await reloader.check();
  await reloader.check();
  expect(seen).toEqual(['loaded 1', 'loaded 2']);
});
