import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
import { OFFICIAL, resolveGatekeeper } from '../../../constructs/gatekeeper/schema';
import type { GatekeeperProps } from '../../../constructs/gatekeeper';
import { SandboxError } from '../../../base/errors';
import { VERSIONS } from '../../../base/versions';
import { officialRelease } from './official-release';

/** Every `@default` in the schema file, as [path of the member, text]. */
function documentedDefaults(): [string, string][] {
  const file = join(__dirname, '../../../constructs/gatekeeper/schema.ts');
  const source = ts.createSourceFile(
    file,
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.ES2022,
    true,
  );
  const found: [string, string][] = [];
  const visit = (node: ts.Node, prefix: string): void => {
    if (ts.isVariableDeclaration(node)) {
      const schema = node.name.getText().replace(/Schema$/, '');
      prefix = schema === 'gatekeeper' ? '' : `${schema}.`;
    }
    if (ts.isPropertyAssignment(node)) {
      for (const tag of ts.getJSDocTags(node).filter((t) => t.tagName.text === 'default')) {
        const text = ts.getTextOfJSDocComment(tag.comment) ?? '';
        found.push([prefix + node.name.getText(), text]);
      }
    }
    ts.forEachChild(node, (child) => visit(child, prefix));
  };
  visit(source, '');
  return found;
}

function valueAt(path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], OFFICIAL);
}

function leaves(value: object, prefix = ''): string[] {
  const isPart = (member: unknown) =>
    typeof member === 'object' && !Array.isArray(member) && member !== null;
  return Object.entries(value).flatMap(([key, member]) =>
    isPart(member) && key !== 'resources'
      ? leaves(member as object, `${prefix}${key}.`)
      : [prefix + key],
  );
}

describe('documented defaults', () => {
  const documented = documentedDefaults();

  it.each(documented.filter(([path]) => path !== 'image.tag' && path !== 'image.digest'))(
    '%s is %s',
    (path, text) => {
      expect(JSON.parse(text)).toEqual(valueAt(path));
    },
  );

  test('image.tag is the pinned version, image.digest is none', () => {
    const texts = new Map(documented);
    expect(texts.get('image.tag')).toBe('VERSIONS.gatekeeper');
    expect(OFFICIAL.image.tag).toBe(VERSIONS.gatekeeper);
    expect(texts.get('image.digest')).toMatch(/^- none/);
    expect(OFFICIAL.image.digest).toBeUndefined();
  });

  test('are there for every member that has one', () => {
    const paths = documented.map(([path]) => path).filter((path) => path !== 'image.digest');
    expect(paths.sort()).toEqual(leaves(OFFICIAL).sort());
  });

  it.each([
    ['main.go', /flag\.String\("log-level", "(\w+)"/, OFFICIAL.logLevel],
    ['pkg/audit/manager.go', /defaultAuditInterval += (\d+)/, OFFICIAL.audit.intervalSeconds],
    [
      'pkg/audit/manager.go',
      /defaultConstraintViolationsLimit += (\d+)/,
      OFFICIAL.audit.constraintViolationsLimit,
    ],
  ])('of a flag that is not rendered is the program´s own: %s %s', (file, pattern, value) => {
    expect(pattern.exec(officialRelease().read(file))?.[1]).toBe(String(value));
  });
});

describe('settings that cannot work', () => {
  function refused(props: unknown): string[] {
    try {
      resolveGatekeeper(props as GatekeeperProps);
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error;
      expect(error.code).toBe('CONFIG_INVALID');
      return error.problems.map(({ path }) => path);
    }
    return [];
  }

  it.each<[string, unknown]>([
    ['controller.replicas', { controller: { replicas: 2.5 } }],
    ['podDisruptionBudget.minAvailable', { controller: { replicas: 1 } }],
    ['podDisruptionBudget.minAvailable', { podDisruptionBudget: { minAvailable: 3 } }],
    ['validation.timeoutSeconds', { validation: { timeoutSeconds: 31 } }],
    ['mutation.timeoutSeconds', { mutation: { timeoutSeconds: 0 } }],
    ['validation.failurePolicy', { validation: { failurePolicy: 'fail' } }],
    [
      'validation.namespaceSelector[0].values',
      { validation: { namespaceSelector: [{ key: 'a', operator: 'In', values: [] }] } },
    ],
    [
      'validation.namespaceSelector[0]',
      { validation: { namespaceSelector: [{ key: 'a', operator: 'Exists', values: ['b'] }] } },
    ],
    ['audit.intervalSeconds', { audit: { intervalSeconds: -1 } }],
    ['audit.resources.limits.memory', { audit: { resources: { limits: { memory: '1GB!' } } } }],
    ['audit.extraArgs[0]', { audit: { extraArgs: ['audit-chunk-size=100'] } }],
    ['audit.extraArgs[0]', { audit: { extraArgs: ['--audit-interval=5'] } }],
    ['controller.extraArgs[1]', { controller: { extraArgs: ['--log-denies', '--port=1'] } }],
    ['exemptNamespaces[0]', { exemptNamespaces: ['Kube System'] }],
    ['image.digest', { image: { digest: 'sha256:abc' } }],
    ['image.tag', { image: { tag: 'v1:2' } }],
    ['', { replicas: 3 }],
    ['validation', { validation: { failurepolicy: 'Fail' } }],
  ])('%s in %j', (path, props) => {
    expect(refused(props)).toEqual([path === '' ? 'props' : `props.${path}`]);
  });

  test('are all reported together', () => {
    expect(refused({ logLevel: 'LOUD', audit: { intervalSeconds: 1.5 }, colour: 'red' })).toEqual([
      'props.logLevel',
      'props.audit.intervalSeconds',
      'props',
    ]);
  });
});
