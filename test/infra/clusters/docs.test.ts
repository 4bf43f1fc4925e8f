import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCUMENT = readFileSync(join(__dirname, '../../../docs/clusters.md'), 'utf8');

/** Places in the table of what is refused. */
const refused = DOCUMENT.slice(DOCUMENT.indexOf('## What is refused'))
  .split('\n')
  .flatMap((line) => /^\| (everywhere|GKE|EKS|AKS) \| `([^`]+)` \|/.exec(line)?.slice(1) ?? [])
  .flatMap((cell, i, cells) => (i % 2 === 0 ? [[cell, cells[i + 1] ?? ''] as const] : []));

function testsOf(where: string): string {
  const files = readdirSync(__dirname).filter((file) =>
    where === 'everywhere'
      ? /^(gke|eks|aks|pool-fit)\.test\.ts$/.test(file)
      : file === `${where.toLowerCase()}.test.ts`,
  );
  return files.map((file) => readFileSync(join(__dirname, file), 'utf8')).join('\n');
}

test('the table is read', () => {
  expect(refused.length).toBeGreaterThan(30);
});

test.each(refused)('%s: a test refuses %s', (where, place) => {
  expect(testsOf(where)).toContain(`'${place}`);
});

test('what a test refuses is in the table', () => {
  const places = ['gke', 'eks', 'aks'].flatMap((kind) => {
    const file = readFileSync(join(__dirname, `${kind}.test.ts`), 'utf8');
    const text = file.slice(file.indexOf('test.each(['));
    return [...text.matchAll(/^ {2}(?:\[.*|.*)'([a-z][A-Za-z]*(?:\.[a-zA-Z]+)?)'\s*,?\s*\],$/gm)];
  });
  const known = new Set(refused.map(([, place]) => place));
  expect(places.length).toBeGreaterThan(20);
  const missing = places.flatMap(([, place]) =>
    place !== undefined && known.has(place) ? [] : [place],
  );
  expect(missing).toEqual([]);
});
