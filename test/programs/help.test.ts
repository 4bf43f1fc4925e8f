/** `--help` of the three programs, as bundled. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INSTALL_FLAGS, UNINSTALL_FLAGS } from '../../installer-src/install/flags';
import { LABEL_FLAGS } from '../../installer-src/label/flags';
import { bundleSources } from '../../programs/bundle';
import { helpOf, type FlagTable } from '../../programs/flags';
import { ROTATOR_FLAGS } from '../../webhook-src/rotator/flags';
import { WEBHOOK_FLAGS } from '../../webhook-src/server/flags';

const directory = mkdtempSync(join(tmpdir(), 'help-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const sources = bundleSources();

it.each<[keyof typeof sources, string[], FlagTable[]]>([
  ['webhook', [], [WEBHOOK_FLAGS]],
  ['rotator', [], [ROTATOR_FLAGS]],
  ['installer', ['install'], [INSTALL_FLAGS]],
  ['installer', ['uninstall'], [UNINSTALL_FLAGS]],
  ['installer', ['label'], [LABEL_FLAGS]],
  ['installer', [], [INSTALL_FLAGS, UNINSTALL_FLAGS, LABEL_FLAGS]],
])('%s.js %j --help lists every flag and exits 0', (name, verb, tables) => {
  const script = join(directory, `${name}.js`);
  writeFileSync(script, sources[name]);
  const help = execFileSync(process.execPath, [script, ...verb, '--help'], { encoding: 'utf8' });
  for (const table of tables) expect(help).toContain(helpOf(table));
});
