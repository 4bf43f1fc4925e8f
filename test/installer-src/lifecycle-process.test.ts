/** The life of gVisor on a host, with the real installer as a process and a runtime that really restarts. */
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleSources } from '../../programs/bundle';
import { writeShutdownDecision } from '../../installer-src/shared-directories';
import { compiled } from './support/compiled';
import { CONFIGS, newDirectory, removeDirectories } from './support/hosts';
import { newMachine, until, type Machine, type Programs } from './support/machine';
import {
  serveReleases,
  sleepingPrograms,
  type MadeRelease,
  type ReleaseServer,
} from './support/releases';

let server: ReleaseServer;
let programs: Programs;
const machines: Machine[] = [];

beforeAll(async () => {
  server = await serveReleases();
  const installer = join(newDirectory(), 'installer.js');
  writeFileSync(installer, bundleSources().installer);
  programs = { installer, containerd: compiled('test/installer-src/support/containerd-main.ts') };
});
afterEach(async () => {
  for (const machine of machines.splice(0)) await machine.close();
});
afterAll(async () => {
  await server.close();
  removeDirectories();
});

async function machineWith(config: keyof typeof CONFIGS): Promise<Machine> {
  const machine = await newMachine(programs, CONFIGS[config], {});
  machines.push(machine);
  return machine;
}

function installing({ version, sha512, served }: MadeRelease, ...flags: string[]): string[] {
  server.serve(served);
  const source = `--source=${server.source}`;
  return [
    'install',
    `--version=${version}`,
    `--sha512=${sha512}`,
    source,
    '--min-free-mib=0',
    ...flags,
  ];
}

const DONE = { code: 0, signal: null, printed: '' };
const old = () => sleepingPrograms('20260803.0', 'old');
const recent = () => sleepingPrograms('20260817.0', 'new');
const installed = (machine: Machine) =>
  Object.keys(machine.content()).filter((path) =>
    /^\/opt\/secure-ai\/gvisor\/\d{8}[^/]*$/.test(path),
  );

test.each(Object.keys(CONFIGS) as (keyof typeof CONFIGS)[])(
  '%s: installed once, restarted once, and gone without a trace',
  async (config) => {
    const machine = await machineWith(config);
    const before = machine.content();
    const release = recent();
    const requests = server.requests.length;
    expect(await machine.run(installing(release, '--once'))).toEqual(DONE);
    const after = machine.content();
    expect(await machine.run(installing(release, '--once'))).toEqual(DONE);
    expect(machine.content()).toEqual(after);
    expect(server.requests.length - requests).toBe(2);
    expect(machine.starts).toBe(2);

    expect(await machine.run(['uninstall'])).toEqual(DONE);
    expect(machine.content()).toEqual(before);
    expect(machine.starts).toBe(3);
    expect(await machine.run(['uninstall'])).toEqual(DONE);
    expect(machine.starts).toBe(3);
  },
  60_000,
);

test('an upgrade leaves running sandboxes their version, and removes it after the last of them', async () => {
  const machine = await machineWith('version 3 with drop-ins');
  await machine.run(installing(old(), '--once'));
  const [oldDirectory = ''] = installed(machine);
  machine.sandbox();
  expect(await machine.run(installing(recent(), '--once'))).toEqual(DONE);
  expect(installed(machine)).toHaveLength(2);
  expect(machine.content()).toHaveProperty([`${oldDirectory}/runsc`]);
  expect(machine.starts).toBe(3);
  await machine.endSandboxes();
  expect(await machine.run(installing(recent(), '--once'))).toEqual(DONE);
  expect(installed(machine)).not.toContain(oldDirectory);
  expect(installed(machine)).toHaveLength(1);
  expect(machine.starts).toBe(3);
}, 60_000);

test('what others changed meanwhile outlives uninstalling', async () => {
  const machine = await machineWith('version 4 without imports');
  await machine.run(installing(recent(), '--once'));
  const config = join(machine.root, '/etc/containerd/config.toml');
  appendFileSync(config, '\n[debug]\nlevel = "info"\n');
  writeFileSync(join(machine.root, '/etc/containerd/conf.d/other.toml'), 'version = 3\n');
  expect(await machine.run(['uninstall'])).toEqual(DONE);
  expect(readFileSync(config, 'utf8')).toBe(
    `${CONFIGS['version 4 without imports']['/etc/containerd/config.toml']}\n[debug]\nlevel = "info"\n`,
  );
  expect(machine.content()).toHaveProperty(['/etc/containerd/conf.d/other.toml']);
}, 60_000);

describe('after SIGTERM', () => {
  async function running(machine: Machine) {
    const [statusDir, shutdownDir] = [newDirectory(), newDirectory()];
    const directories = [`--status-dir=${statusDir}`, `--shutdown-dir=${shutdownDir}`];
    const flags = [...directories, '--poll-seconds=1', '--shutdown-seconds=20'];
    const child = machine.start(installing(recent(), ...flags));
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const status = join(statusDir, 'status.json');
    await until(() => existsSync(status));
    expect(JSON.parse(readFileSync(status, 'utf8'))).toEqual({ live: true });
    return { child, ended, shutdownDir };
  }

  test('it uninstalls when the DaemonSet is gone', async () => {
    const machine = await machineWith('version 3 with drop-ins');
    const before = machine.content();
    const { child, ended, shutdownDir } = await running(machine);
    child.kill('SIGTERM');
    await writeShutdownDecision(shutdownDir, { action: 'uninstall' });
    expect(await ended).toEqual([0, null]);
    expect(machine.content()).toEqual(before);
  }, 60_000);

  test('it leaves everything when the DaemonSet goes on', async () => {
    const machine = await machineWith('version 3 with drop-ins');
    const { child, ended, shutdownDir } = await running(machine);
    const before = machine.content();
    child.kill('SIGTERM');
    await writeShutdownDecision(shutdownDir, { action: 'keep' });
    expect(await ended).toEqual([0, null]);
    expect(machine.content()).toEqual(before);
    expect(machine.starts).toBe(2);
  }, 60_000);

  test('it repairs what was lost, while it runs', async () => {
    const machine = await machineWith('version 3 with drop-ins');
    const { child, ended, shutdownDir } = await running(machine);
    const dropIn = join(machine.root, '/etc/containerd/conf.d/secure-ai-gvisor.toml');
    const text = readFileSync(dropIn, 'utf8');
    writeFileSync(dropIn, '');
    await until(() => readFileSync(dropIn, 'utf8') === text);
    child.kill('SIGTERM');
    await writeShutdownDecision(shutdownDir, { action: 'keep' });
    expect(await ended).toEqual([0, null]);
  }, 60_000);
});
