/** Holds docs/architecture.md to docs/rooms.json, and both to the folders there are. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import rooms from '../../docs/rooms.json';

const ROOT = join(__dirname, '../..');
const DOCUMENT = join(ROOT, 'docs/architecture.md');
const BEGIN = '<!-- rooms: written by `npm run docs` -->\n';
const END = '<!-- end -->';

interface Room {
  readonly holds: string;
  /** What of another room it imports, and for what. */
  readonly imports: Readonly<Record<string, string>>;
  readonly reason: string;
}

const ROOMS: readonly (readonly [string, Room])[] = Object.entries(rooms);

/** Folders with code that are no rooms: no room imports them. */
const BESIDE = ['bench', 'examples', 'test'];

/** `webhook-src/(server|rotator)/flags` is in the room `webhook-src`. */
const roomOf = (imported: string): string => imported.split('/')[0] ?? '';

function picture(): readonly string[] {
  const arrows = ROOMS.flatMap(([room, { imports }]) => {
    const rooms = new Set(Object.keys(imports).map(roomOf));
    // Every room imports base, which would hide the other arrows.
    rooms.delete('base');
    return rooms.size === 0 ? [] : [`  ${room} --> ${[...rooms].join(' & ')}`];
  });
  return ['```mermaid', 'flowchart TB', ...arrows, '```'];
}

function table(): readonly string[] {
  const rows = ROOMS.map(([room, { holds, imports, reason }]) => {
    const allowed = Object.entries(imports).map(
      ([name, why]) => `\`${name.replaceAll('|', '\\|')}\` (${why})`,
    );
    return `| \`${room}/\` | ${holds} | ${allowed.join('; ') || 'nothing'} | ${reason} |`;
  });
  return ['| room | holds | imports | because |', '|---|---|---|---|', ...rows];
}

test('docs/architecture.md draws and lists the rooms (`npm run docs` rewrites it)', () => {
  const document = readFileSync(DOCUMENT, 'utf8');
  const from = document.indexOf(BEGIN) + BEGIN.length;
  const to = document.indexOf(END);
  expect(from).toBeGreaterThan(BEGIN.length);
  expect(to).toBeGreaterThanOrEqual(from);
  const text = [
    ...picture(),
    '',
    'Every room may import `base/` besides.',
    '',
    ...table(),
    '',
  ].join('\n');
  if (process.env['UPDATE_DOCS'] === '1')
    writeFileSync(DOCUMENT, document.slice(0, from) + text + document.slice(to));
  else expect(document.slice(from, to)).toBe(text);
});

test('every folder with code is a room or stands beside them', () => {
  const folders = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .filter((name) => !['node_modules', 'dist', 'build', 'coverage', 'docs'].includes(name));
  expect(folders.sort()).toEqual([...ROOMS.map(([room]) => room), ...BESIDE].sort());
});

test('what a room imports is below it in the list, so there is no circle of rooms', () => {
  const seen: string[] = [];
  for (const [room, { imports }] of ROOMS) {
    expect(seen).toEqual(expect.arrayContaining(Object.keys(imports).map(roomOf)));
    seen.push(room);
  }
});
