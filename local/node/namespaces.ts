/** Finds and runs programs in the Linux namespaces of nodes. */
import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { markedProcesses, type MarkedProcess } from '../processes/marked';
import { switchLink, type IpCommand, type NodeAddress } from './network';

const run = promisify(execFile);

/** Roles of the marked processes of a cluster's nodes. */
export const SWITCH_ROLE = 'node-switch';
export const NODE_ROLE_PREFIX = 'node/';
export const EGRESS_ROLE_PREFIX = 'node-egress/';

/** Whether a marked process belongs to the nodes rather than to the control plane. */
export function isNodeRole(role: string): boolean {
  return (
    role === SWITCH_ROLE || role.startsWith(NODE_ROLE_PREFIX) || role.startsWith(EGRESS_ROLE_PREFIX)
  );
}

/** The process that is process 1 of the namespaces of `node`, by its pid on the host. */
export async function findInit(stateDir: string, node: string): Promise<number | undefined> {
  const processes = await markedProcesses(stateDir);
  return findProcess(processes, `${NODE_ROLE_PREFIX}${node}`, isProcessOne);
}

/** The process that holds the network namespace of the switch. */
export async function findSwitch(stateDir: string): Promise<number | undefined> {
  return findProcess(await markedProcesses(stateDir), SWITCH_ROLE, hasOwnNetwork);
}

async function findProcess(
  processes: readonly MarkedProcess[],
  role: string,
  matches: (pid: number) => Promise<boolean>,
): Promise<number | undefined> {
  for (const { pid, role: own } of processes) {
    if (own === role && (await matches(pid))) return pid;
  }
  return undefined;
}

/**
 * NSpid lists the pids of a process from the host's PID namespace inwards (proc_pid_status(5)): exactly two, because pods have
 * nested namespaces with their own process 1.
 */
async function isProcessOne(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const pids = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
  return pids.length === 2 && pids[1] === '1';
}

async function hasOwnNetwork(pid: number): Promise<boolean> {
  const [own, host] = await Promise.all(
    [`/proc/${pid}/ns/net`, '/proc/self/ns/net'].map((path) =>
      readlink(path).catch(() => undefined),
    ),
  );
  return own !== undefined && own !== host;
}

/** Runs `ip` commands one after the other, each in its network namespace. */
export async function runIp(
  commands: readonly IpCommand[],
  pids: { readonly switch: number; readonly node?: number },
): Promise<void> {
  for (const { where, args } of commands) {
    const pid = where === 'host' ? undefined : pids[where];
    if (pid === undefined) await run('ip', args);
    else await run('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', ...args]);
  }
}

/** Removes the switch's end of an ended node's link; the kernel does so too, but later. */
export async function removeSwitchLink(node: NodeAddress, switchPid: number): Promise<void> {
  const remove: IpCommand = { where: 'switch', args: ['link', 'delete', switchLink(node)] };
  await runIp([remove], { switch: switchPid }).catch(() => undefined);
}

/** Arguments of nsenter(1) that run `command` as a process of the node whose process 1 is `init`. */
export function insideNode(init: number, command: readonly string[]): string[] {
  const path = 'PATH=/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const namespaces = ['--mount', '--net', '--pid', '--uts', '--ipc', '--root', '--wd=/'];
  return [`--target=${init}`, ...namespaces, 'env', path, ...command];
}
