import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SHARED_ERRORS, type ErrorKind } from '../../base/errors';

const ROOT = join(__dirname, '../..');
const DOCUMENT = join(ROOT, 'docs/errors.md');

interface Thrown extends ErrorKind {
  /** The room, or nothing where more than one throws it. */
  readonly room: string;
}

/** Every room's `errors.ts`, in the order of the rooms' names. */
async function thrown(): Promise<readonly Thrown[]> {
  const rooms = readdirSync(ROOT).filter(
    (room) => room !== 'base' && existsSync(join(ROOT, room, 'errors.ts')),
  );
  const tables = await Promise.all(
    rooms.map(async (room) => {
      const exported = (await import(join(ROOT, room, 'errors'))) as Record<string, object>;
      const kinds = Object.values(exported).flatMap((table) => Object.values(table) as ErrorKind[]);
      return kinds.map((kind) => ({ ...kind, room: `\`${room}/\`` }));
    }),
  );
  const shared = Object.values(SHARED_ERRORS).map((kind) => ({ ...kind, room: 'several' }));
  return [...shared, ...tables.flat()];
}

function document(kinds: readonly Thrown[]): string {
  const rows = kinds.map(
    ({ code, exit, summary, room }) => `| \`${code}\` | ${exit} | ${summary} | ${room} |`,
  );
  return [
    '# Error codes',
    '',
    'Every error has a code, and for each problem the place, the reason and the fix. Codes are stable.',
    'Each room lists the codes it throws in its `errors.ts`.',
    '',
    '| code | exit code | meaning | thrown in |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

test('docs/errors.md lists the codes of every folder (`npm run docs` rewrites it)', async () => {
  const expected = document(await thrown());
  if (process.env.UPDATE_DOCS === '1') writeFileSync(DOCUMENT, expected);
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(expected);
});

test('no code is listed twice', async () => {
  const codes = (await thrown()).map(({ code }) => code);
  expect(codes.length).toBeGreaterThan(40);
  expect(new Set(codes).size).toBe(codes.length);
});
