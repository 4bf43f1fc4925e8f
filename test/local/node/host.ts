import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { cgroupHierarchies } from '../../../local/node/cgroups';
import { hostTraces } from '../../../local/node/paths';

/** What the nodes of the cluster in `stateDir` could leave on the computer; what those of other clusters have is left out. */
export function hostState(stateDir: string) {
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
    rules: tryRun('iptables-save').replace(/^#.*\n/gm, ''),
    sysctls: SYSCTLS.map((name) => `${name}=${readFileSync(`/proc/sys/${name}`, 'utf8').trim()}`),
    cgroups: cgroupHierarchies().flatMap((hierarchy) =>
      readdirSync(hierarchy).filter(
        (name) => /^(secure-ai|kubepods)/.test(name) && notOfOthers(name),
      ),
    ),
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

function run(file: string, ...args: string[]): string {
  return execFileSync(file, args, { encoding: 'utf8' });
}

function tryRun(file: string): string {
  try {
    return run(file);
  } catch {
    return '';
  }
}
