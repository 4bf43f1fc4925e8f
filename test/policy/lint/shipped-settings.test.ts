/** What people copy from has no lint. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { configLints } from '../../../constructs/lints';
import type { SandboxConfig } from '../../../constructs';
import { lintPolicy } from '../../../policy/lint/lint';
import { RECIPES } from '../../fixtures/recipes';
import { policyOf } from '../../fixtures/recipes/tried';

const ROOT = join(__dirname, '../../..');
const EXAMPLES = readdirSync(join(ROOT, 'examples'))
  .filter((file) => file.endsWith('.config.ts'))
  .map((file) => `examples/${file}`);

test.each(['sandbox.config.ts', ...EXAMPLES])('%s has no lint', async (file) => {
  const { default: config } = (await import(join(ROOT, file))) as {
    readonly default: SandboxConfig;
  };
  expect(configLints(config)).toEqual([]);
});

test.each(RECIPES)('the recipe $file has no lint', (recipe) => {
  expect(lintPolicy(policyOf(recipe))).toEqual([]);
});

test('there are examples', () => {
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(3);
});
