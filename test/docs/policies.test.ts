/** Holds the recipes of docs/policies.md to their modules. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECIPES } from '../fixtures/recipes';

const ROOT = join(__dirname, '../..');
const DOCUMENT = join(ROOT, 'docs/policies.md');
const FOLDER = join(ROOT, 'examples/policies');

/** The members a module exports, as they are written in it, two columns further left. */
function membersOf(file: string): string {
  const source = readFileSync(join(FOLDER, `${file}.ts`), 'utf8');
  const [, members] = /^export default \{\n(.*)^\} satisfies Recipe;$/ms.exec(source) ?? [];
  if (members === undefined) throw new Error(`${file}.ts exports no recipe`);
  return members.replace(/^ {2}/gm, '');
}

/** The document with the module of each marked recipe below its mark. */
function withRecipes(document: string): string {
  return document.replace(
    /^<!-- recipe: (\S+) -->\n(?:\n```ts\n.*?```\n)?/gms,
    (_, file: string) => `<!-- recipe: ${file} -->\n\n\`\`\`ts\n${membersOf(file)}\`\`\`\n`,
  );
}

test('docs/policies.md shows each recipe as its module has it (`npm run docs` rewrites it)', () => {
  const document = readFileSync(DOCUMENT, 'utf8');
  const expected = withRecipes(document);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCUMENT, expected);
  else expect(document).toBe(expected);
});

test('the modules, the document and what is tried are the same recipes', () => {
  const modules = readdirSync(FOLDER).map((name) => name.replace(/\.ts$/, ''));
  const tried = RECIPES.map(({ file }) => file);
  const shown = [...readFileSync(DOCUMENT, 'utf8').matchAll(/^<!-- recipe: (\S+) -->$/gm)];
  expect([...tried, 'recipe'].sort()).toEqual(modules.sort());
  expect(shown.map(([, file]) => file)).toEqual(tried);
});
