import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cgroupHierarchies } from '../../../local/node/cgroups';
import { isNodeRole } from '../../../local/node/namespaces';
import { libraryPath, systemPrograms } from '../../../local/node/packages';
import { hostTraces } from '../../../local/node/paths';
import { markedProcesses } from '../../../local/processes/marked';

/** What the nodes of the cluster in `stateDir` could leave on the computer; what those of other clusters have is left out. */
export async function hostState(stateDir: string) {
  const { link, cgroup } = hostTraces(stateDir);
  const notOfOthers = (text: string): boolean => {
    const names = text.match(/\bsai[0-9a-f]{8}\b|\bsecure-ai-[0-9a-f]{8}\b/g) ?? [];
    return names.every((name) => name === link || name === cgroup);
  };
  const lines = (text: string): string[] => text.split('\n').filter(notOfOthers).sort();
  return {
    mounts: lines(readFileSync('/proc/self/mounts', 'utf8')),
    links: lines(run('ip', '-oneline', 'link').replace(/^\d+: ([^:]*):.*$/gm, '$1')),
    routes: lines(run('ip', 'route')),
    rules: await firewallRules(),
    sysctls: SYSCTLS.map((name) => `${name}=${readFileSync(`/proc/sys/${name}`, 'utf8').trim()}`),
    cgroups: cgroupHierarchies()
      .flatMap(foldersBelow)
      .filter((path) => CONTAINERS.test(path) && notOfOthers(path)),
    processes: [...(await nodeProcesses(stateDir)), ...processesOf(cgroup)],
  };
}

/** Of the whole computer, or of its own network. */
const SYSCTLS = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'net/ipv4/ip_forward',
];

/** Paths of cgroups that nodes, their kubelets, containerd and runsc make; those of the computer's own sessions come and go. */
const CONTAINERS = /\/(secure-ai|kubepods|cri-containerd|runsc|pod[0-9a-f]{8}-)/;

/** As iptables-save prints them, without its counters and comments. */
async function firewallRules(): Promise<string> {
  const { packagesRoot, paths } = await systemPrograms({ report: () => undefined });
  const restore = paths.get('iptables-restore');
  if (restore === undefined) throw new Error('without iptables nobody sees what is left of rules');
  const env = { ...process.env, ...(await libraryPath(packagesRoot)) };
  const saved = execFileSync(join(dirname(restore), 'iptables-save'), { encoding: 'utf8', env });
  return saved.replace(/^#.*\n/gm, '').replace(/\[\d+:\d+\]/g, '');
}

async function nodeProcesses(stateDir: string): Promise<string[]> {
  const ours = (await markedProcesses(stateDir)).filter(({ role }) => isNodeRole(role));
  return ours.map(({ pid, role }) => `${pid} ${role}`);
}

/** Pids out here of the processes in pods of the cluster's nodes whose command line has this word. */
export function containerProcesses(stateDir: string, word: string): number[] {
  const pids = processesOf(hostTraces(stateDir).cgroup);
  const words = (pid: string): string[] => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    } catch {
      return []; // It has ended since it was listed.
    }
  };
  return pids.filter((pid) => words(pid).includes(word)).map(Number);
}

/** SIGKILL, to a process that has been found. */
export function killProcess(pid: number | undefined): void {
  if (pid === undefined) throw new Error('there is no such process');
  process.kill(pid, 'SIGKILL');
}

/** Processes of containers carry no mark of ours, but sit below the cgroup of their node. */
function processesOf(cgroup: string): string[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.filter((pid) => {
    try {
      // One that is dead waits for its parent only.
      const isDead = /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      return !isDead && readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/${cgroup}/`);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}

function foldersBelow(folder: string): string[] {
  let folders: string[];
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  } catch {
    // It has been removed meanwhile.
    return [];
  }
  return folders.flatMap((path) => [path, ...foldersBelow(path)]);
}

function run(file: string, ...args: string[]): string {
  return execFileSync(file, args, { encoding: 'utf8' });
}
