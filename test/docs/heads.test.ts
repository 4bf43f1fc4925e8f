/** Holds the rule that every source file opens with a sentence about what lives there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import rooms from '../../docs/rooms.json';

const ROOT = join(__dirname, '../..');

test.each(Object.keys(rooms))(
  'every file of %s/ opens with a sentence that says what it holds',
  (room) => {
    const files = readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' });
    const sources = files.filter((file) => file.endsWith('.ts'));
    expect(sources.length).toBeGreaterThan(0);
    const mute = sources.filter(
      (file) => !/^\/\*\*(?:(?!\*\/)[^])*[.:]/.test(readFileSync(join(ROOT, room, file), 'utf8')),
    );
    expect(mute).toEqual([]);
  },
);
