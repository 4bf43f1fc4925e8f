import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigMap, Pod, Secret, Volume } from '../../local/host-pods/objects';
import { writeProjectedFolder } from '../../local/host-pods/projected-folder';
import { volumeContent } from '../../local/host-pods/volumes';
import { makeScratch, type Scratch } from './scratch';

const POD: Pod = {
  metadata: { name: 'web-0', namespace: 'apps', uid: 'u1', labels: { tier: 'front' } },
  spec: { containers: [] },
};
const SECRET: Secret = {
  metadata: { name: 'cert' },
  data: { 'tls.crt': btoa('crt'), 'tls.key': btoa('key') },
};
const CONFIG: ConfigMap = {
  metadata: { name: 'code' },
  data: { 'a.js': 'text' },
  binaryData: { b: btoa('bytes') },
};

const contentOf = (volume: Volume): Record<string, string> | undefined => {
  const objects = { secrets: new Map([['cert', SECRET]]), configMaps: new Map([['code', CONFIG]]) };
  const host = { nodeName: 'node', hostAddress: '192.0.2.7' };
  const content = volumeContent(POD, volume, {
    objects,
    host,
    token: ({ audience }) => `token for ${audience ?? 'api'}`,
  });
  return (
    content && Object.fromEntries([...content].map(([path, bytes]) => [path, bytes.toString()]))
  );
};

describe('volumes', () => {
  test('hold what their sources hold', () => {
    expect(contentOf({ name: 'v', secret: { secretName: 'cert' } })).toEqual({
      'tls.crt': 'crt',
      'tls.key': 'key',
    });
    expect(contentOf({ name: 'v', configMap: { name: 'code' } })).toEqual({
      'a.js': 'text',
      b: 'bytes',
    });
    const items = [{ key: 'tls.crt', path: 'sub/own.pem' }];
    expect(contentOf({ name: 'v', secret: { secretName: 'cert', items } })).toEqual({
      'sub/own.pem': 'crt',
    });
    expect(contentOf({ name: 'v', emptyDir: {} })).toBeUndefined();
  });

  test('that are projected hold all of their parts', () => {
    const sources = [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { configMap: { name: 'code', items: [{ key: 'a.js', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }],
        },
      },
      {
        downwardAPI: {
          items: [{ path: 'tier', fieldRef: { fieldPath: "metadata.labels['tier']" } }],
        },
      },
    ];
    expect(contentOf({ name: 'v', projected: { sources } })).toEqual({
      token: 'token for api',
      'ca.crt': 'text',
      namespace: 'apps',
      tier: 'front',
    });
  });

  test('wait for objects and keys that are missing, unless they are optional', () => {
    const missing = { secretName: 'none' };
    expect(() => contentOf({ name: 'v', secret: missing })).toThrow('Secret none not found');
    expect(contentOf({ name: 'v', secret: { ...missing, optional: true } })).toEqual({});
    const items = [{ key: 'nope', path: 'x' }];
    expect(() => contentOf({ name: 'v', configMap: { name: 'code', items } })).toThrow(
      'key nope of ConfigMap code',
    );
    expect(contentOf({ name: 'v', configMap: { name: 'code', items, optional: true } })).toEqual(
      {},
    );
  });

  test('of kinds a host process cannot have are refused by name', () => {
    expect(() => contentOf({ name: 'sockets' })).toThrow('volume sockets');
  });
});

describe('a projected folder', () => {
  let scratch: Scratch;
  const files = (content: Record<string, string>) =>
    new Map(Object.entries(content).map(([path, text]) => [path, Buffer.from(text)]));
  const shown = (): string[] =>
    readdirSync(scratch.folder)
      .filter((name) => !name.startsWith('..'))
      .sort();
  const read = (path: string): string => readFileSync(join(scratch.folder, path), 'utf8');

  beforeEach(() => (scratch = makeScratch()));
  afterEach(() => scratch.remove());

  test('shows the files, and other files after a change, through one link', async () => {
    await writeProjectedFolder(scratch.folder, files({ a: '1', 'sub/b': '2' }));
    expect(shown()).toEqual(['a', 'sub']);
    expect([read('a'), read('sub/b')]).toEqual(['1', '2']);
    expect(readlinkSync(join(scratch.folder, 'a'))).toBe('..data/a');
    const before = readlinkSync(join(scratch.folder, '..data'));

    await writeProjectedFolder(scratch.folder, files({ a: '3', c: '4' }));
    expect(shown()).toEqual(['a', 'c']);
    expect([read('a'), read('c')]).toEqual(['3', '4']);
    expect(readlinkSync(join(scratch.folder, '..data'))).not.toBe(before);
    expect(existsSync(join(scratch.folder, before))).toBe(false);
  });

  test('is left alone when nothing changes', async () => {
    await writeProjectedFolder(scratch.folder, files({ a: '1' }));
    const before = readlinkSync(join(scratch.folder, '..data'));
    await writeProjectedFolder(scratch.folder, files({ a: '1' }));
    expect(readlinkSync(join(scratch.folder, '..data'))).toBe(before);
  });

  test('can be empty, and a program that reads while it changes sees old or new, never a mix', async () => {
    await writeProjectedFolder(scratch.folder, files({}));
    expect(shown()).toEqual([]);
    const pair = (value: string) => files({ key: value, crt: value });
    await writeProjectedFolder(scratch.folder, pair('0'));
    let done = false;
    const reader = (async () => {
      while (!done) {
        const data = readlinkSync(join(scratch.folder, '..data'));
        const read = (name: string): string | undefined => {
          try {
            return readFileSync(join(scratch.folder, data, name), 'utf8');
          } catch {
            return undefined;
          }
        };
        const [key, crt] = [read('key'), read('crt')];
        if (key !== undefined && crt !== undefined) expect(key).toBe(crt);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let round = 1; round <= 50; round += 1)
      await writeProjectedFolder(scratch.folder, pair(String(round)));
    done = true;
    await reader;
  });
});
