import { execFile, spawn } from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectByPath } from '../../kubernetes/by-path';
import { findCluster, startCluster, stopCluster } from '../../local/cluster';
import { CONTROL_PLANE } from '../../local/control-plane/commands';
import { clusterStateDir } from '../../local/paths';
import { markedProcesses } from '../../local/processes/marked';
import { endProcesses } from '../../local/processes/stop';
import { resolveTools } from '../../local/toolchain/resolve';
import { eventually, makeScratch, useScratchCache, type Scratch } from './scratch';

const run = promisify(execFile);

/** A cold cache means building Kubernetes. */
const BUILD_TIMEOUT_MILLISECONDS = 1_800_000;
const ROOT = join(__dirname, '..', '..');
const NOBODY = 65534;

jest.setTimeout(180_000);

let scratch: Scratch;

beforeAll(async () => {
  scratch = useScratchCache();
  await resolveTools(CONTROL_PLANE);
}, BUILD_TIMEOUT_MILLISECONDS);

afterAll(async () => {
  for (const name of ['one', 'two']) await stopCluster(name);
  scratch.remove();
});

const rolesOf = async (name: string): Promise<string[]> => {
  const processes = await markedProcesses(clusterStateDir(name));
  return processes.map(({ role }) => role).sort();
};
const ALL_ROLES = [...CONTROL_PLANE].sort();

/** Runs `statement` in a Node.js of its own, where `cluster` is the module under test. */
const script = (statement: string): string[] => [
  '-r',
  require.resolve('ts-node/register'),
  '-e',
  `const cluster = require(${JSON.stringify(join(ROOT, 'local', 'cluster'))}); void (async () => { ${statement} })();`,
];
const environment = () => ({ ...process.env, TS_NODE_PROJECT: join(ROOT, 'tsconfig.json') });

test('two clusters run at once, each with its own API server', async () => {
  const [one, two] = await Promise.all([
    startCluster({ name: 'one' }),
    startCluster({ name: 'two' }),
  ]);
  expect(one.server).not.toBe(two.server);
  for (const [cluster, name] of [
    [one, 'mark-one'],
    [two, 'mark-two'],
  ] as const) {
    const client = await connectByPath({ kubeconfig: cluster.kubeconfig });
    const metadata = { name };
    await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata });
    const { items } = await client.get<{ items: { metadata: { name: string } }[] }>(
      '/api/v1/namespaces',
    );
    const marks = items
      .map((item) => item.metadata.name)
      .filter((found) => found.startsWith('mark-'));
    expect(marks).toEqual([name]);
    client.close();
  }
});

test('a start of a cluster that runs changes nothing', async () => {
  const before = await markedProcesses(clusterStateDir('one'));
  const again = await startCluster({ name: 'one' });
  expect(again).toEqual(await findCluster('one'));
  expect(await markedProcesses(clusterStateDir('one'))).toEqual(before);
});

test('keys and kubeconfigs are for their owner alone', async () => {
  const { stateDir, kubeconfig } = await startCluster({ name: 'one' });
  const keys = readdirSync(join(stateDir, 'pki')).map((file) => join(stateDir, 'pki', file));
  expect(keys.length).toBeGreaterThan(10);
  for (const file of [...keys, kubeconfig]) expect(statSync(file).mode & 0o077).toBe(0);
  expect(statSync(join(stateDir, 'pki')).mode & 0o077).toBe(0);
});

test('nobody reads from etcd or the API server without a certificate', async () => {
  const { server } = await startCluster({ name: 'one' });
  const curl = (url: string) =>
    run('curl', ['-sk', '-m', '10', '-o', '/dev/null', '-w', '%{http_code}', url]);
  expect((await curl(`${server}/version`)).stdout).toBe('401');
  const etcd = (await markedProcesses(clusterStateDir('one'))).find(({ role }) => role === 'etcd');
  const { stdout } = await run('ps', ['-o', 'args=', '-ww', '-p', String(etcd?.pid)]);
  const url = /--listen-client-urls=(\S+)/.exec(stdout)?.[1] ?? '';
  await expect(curl(`${url}/health`)).rejects.toMatchObject({ stdout: '000' });
});

test('requests are audited', async () => {
  const { stateDir } = await startCluster({ name: 'one' });
  await eventually('the audit log names a request of ours', async () => {
    const { stdout } = await run('grep', ['-c', 'mark-one', join(stateDir, 'audit.log')]).catch(
      () => ({ stdout: '0' }),
    );
    return Number(stdout) > 0 || undefined;
  });
});

test('a cluster with a missing part is not running, and a start makes it anew', async () => {
  const etcd = (await markedProcesses(clusterStateDir('two'))).filter(
    ({ role }) => role === 'etcd',
  );
  expect(etcd).toHaveLength(1);
  await endProcesses(etcd, 0);
  await eventually(
    'etcd is gone',
    async () => !(await rolesOf('two')).includes('etcd') || undefined,
  );
  expect(await findCluster('two')).toBeUndefined();
  await startCluster({ name: 'two' });
  expect(await rolesOf('two')).toEqual(ALL_ROLES);
});

test('a start that was killed half-way leaves nothing the next one cannot clean up', async () => {
  await stopCluster('two');
  const starter = spawn(process.execPath, script('await cluster.startCluster({ name: "two" })'), {
    env: environment(),
    stdio: 'ignore',
  });
  await eventually(
    'its API server has been started',
    async () => (await rolesOf('two')).includes('kube-apiserver') || undefined,
  );
  starter.kill('SIGKILL');
  expect(await findCluster('two')).toBeUndefined();
  const orphans = new Set((await markedProcesses(clusterStateDir('two'))).map(({ pid }) => pid));
  expect(orphans.size).toBeGreaterThan(0);
  await startCluster({ name: 'two' });
  expect(await rolesOf('two')).toEqual(ALL_ROLES);
  for (const { pid } of await markedProcesses(clusterStateDir('two')))
    expect(orphans.has(pid)).toBe(false);
});

test('an aborted start leaves no process', async () => {
  await stopCluster('two');
  const abort = new AbortController();
  const onProgress = ({ message }: { message: string }): void => {
    if (message === 'wait for kube-apiserver') abort.abort();
  };
  await expect(startCluster({ name: 'two', signal: abort.signal, onProgress })).rejects.toThrow(
    'abort',
  );
  expect(await rolesOf('two')).toEqual([]);
});

test('stop leaves no process and no file, and may be repeated', async () => {
  for (const name of ['one', 'two']) {
    await stopCluster(name);
    expect(await rolesOf(name)).toEqual([]);
    expect(await findCluster(name)).toBeUndefined();
  }
  await stopCluster('one');
  expect(readdirSync(join(scratch.folder, 'clusters'))).toEqual([]);
});

test('a name that could leave the cache folder is refused', async () => {
  await expect(startCluster({ name: '../x' })).rejects.toMatchObject({
    code: 'CLUSTER_NAME_INVALID',
  });
});

test('an ordinary user can do all of it', async () => {
  if (process.getuid?.() !== 0) {
    console.log(
      'not repeated as another user: these tests do not run as root, so they have proved it already',
    );
    return;
  }
  const home = makeScratch();
  const assets = join(home.folder, 'assets');
  mkdirSync(assets);
  const tools = await resolveTools(CONTROL_PLANE);
  for (const [name, path] of Object.entries(tools)) place(path, join(assets, name));
  chownSync(home.folder, NOBODY, NOBODY);
  const statement = `
    const started = await cluster.startCluster({ name: 'own' });
    console.log(process.getuid(), started.server);
    await cluster.stopCluster('own');
    console.log(require('node:fs').readdirSync(process.env.SECURE_AI_CACHE + '/clusters').length);`;
  const child = spawn(process.execPath, script(statement), {
    uid: NOBODY,
    gid: NOBODY,
    cwd: home.folder,
    env: {
      PATH: process.env.PATH,
      HOME: home.folder,
      TMPDIR: home.folder,
      SECURE_AI_CACHE: join(home.folder, 'cache'),
      KUBEBUILDER_ASSETS: assets,
      TS_NODE_PROJECT: join(ROOT, 'tsconfig.json'),
    },
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  await new Promise((closed) => child.on('close', closed));
  home.remove();
  expect(output).toMatch(/^65534 https:\/\/127\.0\.0\.1:\d+\n0\n$/);
});

/** A link where the file system allows it, else a copy; readable by everyone either way. */
function place(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
  expect(existsSync(to)).toBe(true);
}
