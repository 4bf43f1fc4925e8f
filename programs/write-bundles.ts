/** `node -r ts-node/register programs/write-bundles.ts <directory>`: writes webhook.js and rotator.js to that directory, for an image. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleSources } from './bundle';

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  process.stderr.write('usage: write-bundles.ts <directory>\n');
  process.exit(2);
}
mkdirSync(directory, { recursive: true });
const sources = bundleSources();
for (const name of ['webhook', 'rotator'] as const) {
  writeFileSync(join(directory, `${name}.js`), sources[name]);
}
