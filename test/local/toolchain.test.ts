import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedBinary, goBinary } from '../../local/toolchain/binaries';
import { download } from '../../local/toolchain/download';
import { findInstalled } from '../../local/toolchain/installed';
import { toolNamed } from '../../local/toolchain/tools';
import { VERSIONS } from '../../base/versions';
import { makeScratch, type Scratch } from './scratch';

const run = promisify(execFile);

describe('pins', () => {
  const goMod = readFileSync(join(toolNamed('etcd').moduleDir, 'go.mod'), 'utf8');

  test.each([
    ['k8s.io/kubernetes', VERSIONS.kubernetes],
    ['go.etcd.io/etcd/server/v3', VERSIONS.etcd],
    ['github.com/open-policy-agent/gatekeeper/v3', VERSIONS.gatekeeper],
  ])('go.mod requires %s at the version of base/versions.ts', (module, version) => {
    expect(goMod).toContain(`\n\t${module} ${version} `);
  });

  test('go.mod requires kube-network-policies at the version of base/versions.ts', () => {
    const folder = join(__dirname, '../../local/toolchain/network-policies');
    const pin = `\tsigs.k8s.io/kube-network-policies ${VERSIONS.kubeNetworkPolicies}\n`;
    expect(readFileSync(join(folder, 'go.mod'), 'utf8')).toContain(pin);
  });

  test('every go.mod asks for the Go of base/versions.ts', () => {
    const toolchain = join(__dirname, '../../local/toolchain');
    const files = readdirSync(toolchain, { recursive: true, encoding: 'utf8' });
    const modules = files.filter((file) => /(^|\/)go\.mod$/.test(file));
    expect(modules.length).toBeGreaterThan(0);
    for (const file of modules) {
      expect(readFileSync(join(toolchain, file), 'utf8')).toContain(`\ngo ${VERSIONS.go}.`);
    }
  });

  test('every tool is in the tool list of its go.mod', () => {
    const names = [
      'etcd',
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'kubectl',
      'gatekeeper',
    ] as const;
    for (const name of names) expect(goMod).toContain(`\n\t${toolNamed(name).package}\n`);
  });
});

describe('building', () => {
  let scratch: Scratch;
  let moduleDir: string;
  const environment = { ...process.env };

  beforeEach(() => {
    scratch = makeScratch();
    process.env.SECURE_AI_CACHE = join(scratch.folder, 'cache');
    moduleDir = join(scratch.folder, 'module');
    mkdirSync(moduleDir);
    writeFileSync(join(moduleDir, 'go.mod'), 'module example.test/tiny\n\ngo 1.21\n');
    writeMain('println("one")');
  });

  afterEach(() => {
    process.env = { ...environment };
    scratch.remove();
  });

  const writeMain = (statement: string): void =>
    writeFileSync(join(moduleDir, 'main.go'), `package main\n\nfunc main() { ${statement} }\n`);
  const program = () => ({ moduleDir, package: '.', name: 'tiny' });
  const filesOf = (path: string): string[] => readdirSync(join(path, '..'));

  test('a program is built once, and again when its sources change', async () => {
    const first = await goBinary(program());
    const { mtimeMs } = statSync(first);
    expect(await goBinary(program())).toBe(first);
    expect(statSync(first).mtimeMs).toBe(mtimeMs);
    expect((await run(first)).stderr).toBe('one\n');

    writeMain('println("two")');
    const second = await goBinary(program());
    expect(second).not.toBe(first);
    expect((await run(second)).stderr).toBe('two\n');
  });

  test('many that want the same program at once get one build of it', async () => {
    let builds = 0;
    const fetch = async (target: string): Promise<boolean> => {
      builds += 1;
      await run('go', ['build', '-o', target, '.'], { cwd: moduleDir });
      return true;
    };
    const paths = await Promise.all(
      Array.from({ length: 5 }, () => goBinary(program(), { fetch })),
    );
    expect(new Set(paths).size).toBe(1);
    expect(builds).toBe(1);
    expect(filesOf(paths[0] ?? '')).toEqual(['tiny']);
  });

  test('progress counts packages up to the total', async () => {
    // Go itself must not have compiled this before.
    writeMain(`println(${Date.now()})`);
    const counts: [number, number][] = [];
    await goBinary(program(), { onPackage: (compiled, total) => counts.push([compiled, total]) });
    expect(counts.length).toBeGreaterThan(0);
    expect(counts.at(-1)?.[0]).toBe(counts.at(-1)?.[1]);
  });

  test('a build that fails says what the compiler said and leaves nothing', async () => {
    writeMain('undefinedFunction()');
    await expect(goBinary(program())).rejects.toMatchObject({
      code: 'TOOLCHAIN_BUILD_FAILED',
      problems: [{ reason: expect.stringContaining('undefined: undefinedFunction') as string }],
    });
    expect(await cachedBinary(program())).toBeUndefined();
    const [folder = ''] = readdirSync(join(process.env.SECURE_AI_CACHE ?? '', 'bin'));
    expect(readdirSync(join(process.env.SECURE_AI_CACHE ?? '', 'bin', folder))).toEqual([]);
  });

  test('a build that is aborted leaves nothing, and the next one works', async () => {
    const abort = new AbortController();
    const fetch = (target: string): Promise<boolean> => {
      writeFileSync(target, 'half');
      abort.abort();
      return Promise.resolve(false);
    };
    await expect(goBinary(program(), { signal: abort.signal, fetch })).rejects.toThrow('abort');
    const path = await goBinary(program());
    expect(filesOf(path)).toEqual(['tiny']);
  });

  test('what a killed build left, its lock and half a file, is taken over', async () => {
    const path = await goBinary(program());
    await run('rm', [path]);
    const holder = { pid: process.pid, startTime: 'another life', id: 'dead' };
    writeFileSync(join(path, '..', '.lock'), JSON.stringify(holder));
    writeFileSync(`${path}.partial`, 'half');
    expect(await goBinary(program())).toBe(path);
    expect(filesOf(path)).toEqual(['tiny']);
  });

  test('without Go there is an error that says so, and cached programs still work', async () => {
    const path = await goBinary(program());
    process.env.PATH = scratch.folder;
    expect(await goBinary(program())).toBe(path);
    writeMain('println("two")');
    await expect(goBinary(program())).rejects.toMatchObject({ code: 'TOOLCHAIN_NO_GO' });
  });

  test('a full disk is distinguished from a broken build', async () => {
    const bin = join(scratch.folder, 'bin');
    mkdirSync(bin);
    writeFileSync(
      join(bin, 'go'),
      '#!/bin/sh\necho "write: no space left on device" >&2\nexit 1\n',
    );
    chmodSync(join(bin, 'go'), 0o755);
    process.env.PATH = `${bin}:${process.env.PATH}`;
    await expect(goBinary(program())).rejects.toMatchObject({ code: 'TOOLCHAIN_DISK_FULL' });
  });
});

describe('installed programs', () => {
  let scratch: Scratch;

  beforeEach(() => (scratch = makeScratch()));
  afterEach(() => scratch.remove());

  const install = (script: string): NodeJS.ProcessEnv => {
    const path = join(scratch.folder, 'etcd');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return { PATH: `/nonexistent:${scratch.folder}` };
  };

  test('one of exactly the pinned version is used', async () => {
    const env = install(`echo "etcd Version: ${VERSIONS.etcd.slice(1)}"`);
    expect(await findInstalled(toolNamed('etcd'), env)).toBe(join(scratch.folder, 'etcd'));
    const assets = { KUBEBUILDER_ASSETS: scratch.folder, PATH: '' };
    expect(await findInstalled(toolNamed('etcd'), assets)).toBe(join(scratch.folder, 'etcd'));
  });

  test.each([
    ['another version', 'echo "etcd Version: 3.6.1"'],
    ['a longer version', `echo "etcd Version: ${VERSIONS.etcd.slice(1)}-rc.1"`],
    ['no answer but an error', 'exit 1'],
  ])('%s is passed by', async (_, script) => {
    expect(await findInstalled(toolNamed('etcd'), install(script))).toBeUndefined();
  });
});

describe('downloads', () => {
  const content = 'a program';
  let scratch: Scratch;
  let server: Server;
  let files: Record<string, string>;
  let requests: string[];

  beforeEach(async () => {
    scratch = makeScratch();
    requests = [];
    server = createServer(({ url = '' }, response) => {
      requests.push(url);
      const body = files[url];
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    scratch.remove();
  });

  const release = () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tool`;
    return { url, checksumUrl: `${url}.sha256`, algorithm: 'sha256' } as const;
  };
  const target = (): string => join(scratch.folder, 'tool');
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

  test.each([
    ['a bare checksum', sha256(content)],
    ['a list of checksums', `${sha256('x')}  other\n${sha256(content)}  tool\n`],
  ])('a file with the announced checksum arrives executable: %s', async (_, checksum) => {
    files = { '/tool': content, '/tool.sha256': checksum };
    expect(await download(release(), target())).toBe(true);
    expect(readFileSync(target(), 'utf8')).toBe(content);
    expect(statSync(target()).mode & 0o777).toBe(0o755);
    expect(readdirSync(scratch.folder)).toEqual(['tool']);
  });

  test('another checksum is an error and nothing is kept', async () => {
    files = { '/tool': 'something else', '/tool.sha256': sha256(content) };
    await expect(download(release(), target())).rejects.toMatchObject({
      code: 'TOOLCHAIN_CHECKSUM_MISMATCH',
    });
    expect(readdirSync(scratch.folder)).toEqual([]);
  });

  test('a checksum list that does not name the file is an error', async () => {
    files = { '/tool': content, '/tool.sha256': `${sha256(content)}  other\n` };
    await expect(download(release(), target())).rejects.toMatchObject({
      code: 'TOOLCHAIN_CHECKSUM_MISMATCH',
    });
  });

  test('a file that is not published is not there', async () => {
    files = {};
    expect(await download(release(), target())).toBe(false);
  });

  test('a host that does not answer is asked once', async () => {
    const [first, second] = [release(), release()];
    files = { '/tool': content, '/tool.sha256': sha256(content) };
    const { port } = server.address() as AddressInfo;
    await new Promise((closed) => server.close(closed));
    expect(await download(first, target())).toBe(false);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    expect(await download(second, target())).toBe(false);
    expect(requests).toEqual([]);
  });
});
