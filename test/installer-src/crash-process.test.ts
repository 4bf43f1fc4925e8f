/** Kill -9 at every single change the installer makes to a host, and run again: the end has to be the same, to the byte. */
import { spawn } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Wanted } from '../../installer-src/install/installation';
import { digestsFlag } from '../../installer-src/install/flags';
import { installationId, releaseFor } from '../../installer-src/release/release';
import { compiled } from './support/compiled';
import { CONFIGS, contentOf, newDirectory, newHost, removeDirectories } from './support/hosts';
import { run, type Changes, type KilledRun } from './support/killed-run';
import {
  loosePrograms,
  programs,
  serveReleases,
  tarballRelease,
  type MadeRelease,
  type ReleaseServer,
} from './support/releases';

let server: ReleaseServer;
let program: string;

beforeAll(async () => {
  server = await serveReleases();
  program = compiled('test/installer-src/support/killed-main.ts');
});
afterAll(async () => {
  await server.close();
  removeDirectories();
});

function wantedOf({ version, sha512, served }: MadeRelease): Wanted {
  server.serve(served);
  const digests = digestsFlag.read(sha512);
  if (digests === undefined) throw new Error(sha512);
  const release = releaseFor(process.arch, { source: server.source, version, digests });
  const runscConfig = { platform: 'systrap' };
  return {
    release,
    id: installationId(release, runscConfig),
    handler: 'runsc',
    runscConfig,
    minimumFreeBytes: 0,
  };
}

type Scenario = Omit<KilledRun, 'killAt' | 'root' | 'live'>;

interface Machine {
  readonly root: string;
  readonly live: string;
}

function newMachine(config: keyof typeof CONFIGS): Machine {
  const live = join(newDirectory(), 'live.json');
  writeFileSync(live, '{"runc":""}');
  return { root: newHost(CONFIGS[config]), live };
}

function copyOf({ root, live }: Machine): Machine {
  const copy = { root: newDirectory(), live: join(newDirectory(), 'live.json') };
  cpSync(root, copy.root, { recursive: true, verbatimSymlinks: true });
  cpSync(live, copy.live);
  return copy;
}

/** Resolves with the signal that ended the process. */
function killed(options: KilledRun): Promise<NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (_code, signal) => resolve(signal));
  });
}

function everyKill({ count, writes }: Changes): NonNullable<KilledRun['killAt']>[] {
  const before = Array.from({ length: count }, (_, i) => ({ change: i + 1, half: false }));
  return [...before, ...writes.map((change) => ({ change, half: true }))];
}

/** Several at a time: each is mostly the start of a process. */
async function forEachKill(
  kills: readonly NonNullable<KilledRun['killAt']>[],
  check: (kill: NonNullable<KilledRun['killAt']>) => Promise<void>,
): Promise<void> {
  const left = [...kills];
  const worker = async () => {
    for (let kill = left.shift(); kill !== undefined; kill = left.shift()) await check(kill);
  };
  await Promise.all([worker(), worker(), worker()]);
}

/** @param then what is run after the kill; default: the same again */
async function expectSameEnd(
  scenario: Scenario,
  start: Machine,
  atLeast: number,
  then: Scenario = scenario,
): Promise<void> {
  const undisturbed = copyOf(start);
  const changes = await run({ ...scenario, ...undisturbed, killAt: undefined });
  expect(changes.count).toBeGreaterThanOrEqual(atLeast);
  if (then !== scenario) await run({ ...then, ...undisturbed, killAt: undefined });
  const end = contentOf(undisturbed.root);
  await forEachKill(everyKill(changes), async (killAt) => {
    const machine = copyOf(start);
    expect([killAt, await killed({ ...scenario, ...machine, killAt })]).toEqual([
      killAt,
      'SIGKILL',
    ]);
    await run({ ...then, ...machine, killAt: undefined });
    expect([killAt, contentOf(machine.root)]).toEqual([killAt, end]);
  });
}

const releases = {
  tarball: () => tarballRelease('20260914.0', programs('new')),
  'two programs': () =>
    Promise.resolve(loosePrograms('20260817.0', Buffer.from('runsc'), Buffer.from('shim'))),
};

const oldRelease = loosePrograms('20260101.0', Buffer.from('1'), Buffer.from('2'));

const scenarios = [
  ['version 3 with drop-ins', 'tarball', '2.3.7'],
  ['version 4 without imports', 'two programs', '2.3.7'],
  ['version 2', 'tarball', '1.7.28'],
  ['no configuration', 'two programs', '2.1.0'],
] as const;

describe.each(scenarios)('%s, %s', (config, layout, containerdVersion) => {
  test('installing, killed at every change', async () => {
    const wanted = wantedOf(await releases[layout]());
    await expectSameEnd({ containerdVersion, wanted }, newMachine(config), 20);
  }, 120_000);

  test('uninstalling, killed at every change, leaves the host as it was', async () => {
    const machine = newMachine(config);
    const before = contentOf(machine.root);
    const wanted = wantedOf(await releases[layout]());
    await run({ ...machine, containerdVersion, wanted, killAt: undefined });
    const scenario = { containerdVersion, wanted: undefined };
    await expectSameEnd(scenario, machine, 15);
    await run({ ...machine, ...scenario, killAt: undefined });
    expect(contentOf(machine.root)).toEqual(before);
  }, 120_000);
});

describe('upgrading, killed at every change', () => {
  const [config, layout, containerdVersion] = scenarios[1];
  const prepare = async () => {
    const machine = newMachine(config);
    const old = { containerdVersion, wanted: wantedOf(oldRelease) };
    await run({ ...machine, ...old, killAt: undefined });
    const made = await releases[layout]();
    const wanted = wantedOf(made);
    server.serve(new Map([...made.served, ...oldRelease.served]));
    return { machine, old, upgrade: { containerdVersion, wanted } };
  };

  test('and done again', async () => {
    const { machine, upgrade } = await prepare();
    await expectSameEnd(upgrade, machine, 20);
  }, 120_000);

  test('and gone back on', async () => {
    const { machine, upgrade, old } = await prepare();
    await expectSameEnd(upgrade, machine, 20, old);
  }, 120_000);
});
