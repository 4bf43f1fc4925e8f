import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
import { resolveKataNodes } from '../../../constructs/nodes/kata/settings';

/** Schemas of the files by the member they are the value of. */
const PREFIXES: Readonly<Record<string, string>> = {
  placementMembers: '',
  kataNodesShape: '',
  imageSchema: 'image.',
  containerdSchema: 'containerd.',
  monitorSchema: 'monitor.',
};

/** Every `@default` in a schema file, as [path of the member, text]. */
function documentedDefaults(name: string): [string, string][] {
  const file = join(__dirname, '../../../constructs/nodes', name);
  const text = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found: [string, string][] = [];
  const visit = (node: ts.Node, prefix: string): void => {
    const name =
      ts.isVariableDeclaration(node) || ts.isFunctionDeclaration(node)
        ? node.name?.getText()
        : undefined;
    const below = (name === undefined ? undefined : PREFIXES[name]) ?? prefix;
    if (ts.isPropertyAssignment(node)) {
      for (const tag of ts.getJSDocTags(node).filter((t) => t.tagName.text === 'default'))
        found.push([below + node.name.getText(), ts.getTextOfJSDocComment(tag.comment) ?? '']);
    }
    ts.forEachChild(node, (child) => visit(child, below));
  };
  visit(source, '');
  return found;
}

const SETTINGS = resolveKataNodes({});

function valueAt(path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], SETTINGS);
}

const documented = ['kata/schema.ts', 'placement.ts'].flatMap(documentedDefaults);
const literal = documented.filter(([, text]) => /^(["[{]|true$|false$)/.test(text));

test.each(literal.filter(([path]) => path !== 'snapshotters'))('%s is %s', (path, text) => {
  expect(valueAt(path)).toEqual(JSON.parse(text));
});

test('those in words', () => {
  expect(documented.length - literal.length).toBe(8);
  expect(SETTINGS.defaultShim).toBe(SETTINGS.shims[0]);
  expect(SETTINGS.containerd).toEqual({});
  expect(SETTINGS).not.toHaveProperty('nodeSelector');
  expect(SETTINGS.image).not.toHaveProperty('digest');
  expect(SETTINGS.snapshotters).toEqual({});
  expect(resolveKataNodes({ shims: ['fc'] }).snapshotters).toEqual({ fc: 'devmapper' });
});
