/**
 * Every fault a host or a release may have, on the real installer as a process: what it prints, how it ends, what it leaves.
 * The table in docs/gvisor-installer.md is written by this test: `UPDATE_DOCS=1 npx jest test/installer-src/faults`.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleSources } from '../../programs/bundle';
import { digestsFlag } from '../../installer-src/install/flags';
import { installationId, releaseFor } from '../../installer-src/release/release';
import { INSTALLER_ERRORS } from '../../installer-src/errors';
import { describeWhere } from '../support/suite';
import { compiled } from './support/compiled';
import { FAULTS, type Fault } from './support/faults';
import { CONFIGS, contentOf, newDirectory, removeDirectories } from './support/hosts';
import { newMachine, type Machine, type Outcome, type Programs } from './support/machine';
import {
  programs as ordinaryPrograms,
  serveReleases,
  sleepingPrograms,
  tarballRelease,
  type MadeRelease,
  type ReleaseServer,
} from './support/releases';

const DOCUMENT = join(__dirname, '../../docs/gvisor-installer.md');
const [BEGIN, END] = ['<!-- fault table: begin -->\n', '<!-- fault table: end -->'];

let server: ReleaseServer;
let programs: Programs;
/** Where nothing listens any more. */
let closedSource: string;
const rows: string[] = [];

beforeAll(async () => {
  const closed = await serveReleases();
  closedSource = closed.source;
  await closed.close();
  server = await serveReleases();
  const installer = join(newDirectory(), 'installer.js');
  writeFileSync(installer, bundleSources().installer);
  programs = { installer, containerd: compiled('test/installer-src/support/containerd-main.ts') };
});
afterAll(async () => {
  await server.close();
  removeDirectories();
});

const ordinary = () => tarballRelease('20260914.0', ordinaryPrograms('ordinary'));

function arguments_({ version, sha512 }: MadeRelease, flags: readonly string[] = []): string[] {
  const given = new Set(flags.map((flag) => flag.split('=')[0]));
  const defaults = [`--source=${server.source}`, '--min-free-mib=0'];
  return [
    'install',
    '--once',
    `--version=${version}`,
    `--sha512=${sha512}`,
    ...defaults.filter((flag) => !given.has(flag.split('=')[0])),
    ...flags,
  ];
}

async function machineWith(fault: Fault, id: string): Promise<Machine> {
  const files = Object.entries(fault.files ?? CONFIGS['version 3 with drop-ins']);
  const filled = files.map(([path, text]) => [path, text === 'ID' ? id : text] as const);
  const runtime = fault.runtime === null ? undefined : (fault.runtime ?? {});
  return newMachine(programs, Object.fromEntries(filled), runtime);
}

function idOf({ version, sha512 }: MadeRelease): string {
  const digests = digestsFlag.read(sha512) ?? new Map<string, string>();
  const release = releaseFor(process.arch, { source: server.source, version, digests });
  return installationId(release, { platform: 'systrap' });
}

async function expectHealed(machine: Machine): Promise<void> {
  const made = await ordinary();
  server.serve(made.served);
  expect(await machine.run(arguments_(made))).toEqual({ code: 0, signal: null, printed: '' });
  const id = idOf(made);
  expect(machine.content()).toMatchObject({
    '/opt/secure-ai/gvisor/current': `link to ${id}`,
    [`/opt/secure-ai/gvisor/${id}/gvisor-bin/gvisor_sentry`]: 'file 755 sentry ordinary',
  });
  expect(machine.content()).not.toHaveProperty(['/opt/secure-ai/gvisor/staging']);
}

/** Paths that are not as they were. */
function changed(before: Record<string, string>, after: Record<string, string>): string[] {
  const paths = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...paths].filter((path) => before[path] !== after[path]).sort();
}

/** What is the same in every run, on every computer. */
function stable(printed: string, root: string): string {
  return printed
    .trim()
    .replaceAll(root, '')
    .replaceAll(closedSource, 'https://mirror.example.org')
    .replaceAll(server.source, 'https://mirror.example.org')
    .replaceAll(/x86_64|aarch64/g, 'ARCH')
    .replaceAll(/\b[0-9a-f]{16}…/g, 'DIGEST…')
    .replaceAll(/-[0-9a-f]{8}\b/g, '-HASH')
    .replaceAll(/: \d+ MiB are free/g, ': 7 MiB are free');
}

type Printed = Pick<Outcome, 'printed' | 'code'>;

function addRow(title: string, { printed, code }: Printed, root: string, end: string): void {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', '<br>');
  rows.push(
    `| ${cell(title)} | ${code ?? 'killed'} | ${cell(stable(printed, root))} | ${cell(end)} |`,
  );
}

function endState(paths: readonly string[]): string {
  if (paths.length === 0) return 'as it was';
  const staged = paths.every((path) => /^\/opt\/secure-ai(\/gvisor(\/staging.*)?)?$/.test(path));
  if (staged) return 'as it was, but for `/opt/secure-ai/gvisor/staging`';
  const ours = paths.every((path) => path.startsWith('/opt/secure-ai'));
  return ours
    ? 'containerd as it was; programs and `rejected` in `/opt/secure-ai/gvisor`'
    : `differs in ${paths.join(', ')}`;
}

function whyNoMounts(): string | undefined {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], {
      stdio: 'ignore',
    });
    return undefined;
  } catch {
    return 'mounting needs root on Linux';
  }
}

describeWhere('an installer on a host with a fault', whyNoMounts(), () => {
  test.each(FAULTS.map((fault) => [fault.title, fault] as const))(
    '%s',
    async (title, fault) => {
      const made = await (fault.release ?? ordinary)();
      server.serve(fault.served ?? made.served);
      const id = fault.code === 'GVISOR_WIRING_REJECTED' ? idOf(made) : '';
      const machine = await machineWith(fault, id);
      try {
        const before = machine.content();
        const seen = newDirectory();
        const around =
          fault.mounts &&
          `exec unshare --mount sh -c 'cd ${machine.root}; (${fault.mounts}) && { status=0; "$@" || status=$?; cp -a opt etc ${seen}; exit $status; }' sh "$@"`;
        const flags = fault.flags?.map((flag) => flag.replace('CLOSED', closedSource));
        const outcome = await machine.run(arguments_(made, flags), around);
        const after = fault.mounts ? { ...before, ...contentOf(seen) } : machine.content();

        expect([outcome.printed.split(' ')[0], outcome.code]).toEqual([fault.code, 3]);
        const paths = changed(before, after);
        expect(paths.filter((path) => !fault.leaves.some((left) => left.test(path)))).toEqual([]);
        addRow(title, outcome, machine.root, endState(paths));
        if (fault.heals === true) await expectHealed(machine);
      } finally {
        await machine.close();
      }
    },
    60_000,
  );

  test('the installer is killed during the download', async () => {
    const made = await ordinary();
    server.serve(made.served);
    const half = server.stall();
    const machine = await newMachine(programs, CONFIGS['version 3 with drop-ins'], {});
    try {
      const before = machine.content();
      const child = machine.start(arguments_(made));
      await half;
      child.kill('SIGKILL');
      const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      expect(signal).toBe('SIGKILL');
      addRow(
        'the installer is killed during the download',
        { printed: '', code: null },
        machine.root,
        endState(changed(before, machine.content())),
      );
      await expectHealed(machine);
    } finally {
      await machine.close();
    }
  }, 60_000);

  test('sandboxes run while gVisor is uninstalled', async () => {
    const machine = await newMachine(programs, CONFIGS['version 3 with drop-ins'], {});
    const made = sleepingPrograms('20260817.0', 'ordinary');
    server.serve(made.served);
    try {
      expect((await machine.run(arguments_(made))).printed).toBe('');
      const before = machine.content();
      machine.sandbox();
      const uninstall = ['uninstall', '--drain-seconds=0'];
      const outcome = await machine.run(uninstall);
      expect([outcome.printed.split(' ')[0], outcome.code]).toEqual(['GVISOR_IN_USE', 3]);
      expect(machine.content()).toEqual(before);
      addRow(
        'sandboxes run while gVisor is uninstalled',
        outcome,
        machine.root,
        'installed as it was',
      );
      await machine.endSandboxes();
      expect(await machine.run(uninstall)).toMatchObject({ code: 0, printed: '' });
    } finally {
      await machine.close();
    }
  }, 60_000);

  test('the table in the documentation is this one', () => {
    const document = readFileSync(DOCUMENT, 'utf8');
    const from = document.indexOf(BEGIN) + BEGIN.length;
    const to = document.indexOf(END);
    expect(from).toBeGreaterThan(BEGIN.length);
    expect(to).toBeGreaterThanOrEqual(from);
    const head = '| fault | exit | printed | host afterwards |\n| --- | --- | --- | --- |';
    const table = `\n${[head, ...rows].join('\n')}\n\n`;
    if (process.env['UPDATE_DOCS'] === '1')
      writeFileSync(DOCUMENT, document.slice(0, from) + table + document.slice(to));
    else expect(document.slice(from, to)).toBe(table);
  });
});

test('every code of the catalogue that is the installer’s has a fault here', () => {
  const codes = Object.keys(INSTALLER_ERRORS);
  const tested = new Set([...FAULTS.map(({ code }) => code), 'GVISOR_IN_USE']);
  expect(codes.filter((code) => !tested.has(code))).toEqual([]);
});
