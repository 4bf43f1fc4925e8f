/** Checks whether the running containerd has the configured handler, and restarts it if not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SandboxError } from '../../base/errors';
import { INSTALLER_ERRORS } from '../errors';
import { shimPath } from '../containerd/wiring';
import { INSTALL_DIRECTORY } from '../host/layout';
import type { Host, Wanted } from './installation';

/** Whether this shim belongs to any installation of this installer. */
export function isOurs(shim: string | undefined): boolean {
  return shim?.startsWith(`${INSTALL_DIRECTORY}/`) ?? false;
}

const POLL_MS = 200;

/** Retries until containerd answers, because it may be starting. @throws SandboxError `GVISOR_CONTAINERD_DOWN` */
export async function liveHandlers(
  { cri, patienceMs }: Host,
  stopped: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  // Not a signal of AbortSignal.any: in Node 20 one of a timeout may be collected before it fires.
  const deadlineMs = Date.now() + patienceMs;
  for (;;) {
    try {
      return await cri.handlers();
    } catch (error) {
      if (stopped.aborted || Date.now() >= deadlineMs)
        throw down(`does not answer: ${messageOf(error)}`, error);
      await sleep(POLL_MS, undefined, { signal: stopped }).catch(() => undefined);
    }
  }
}

/** Restarts containerd unless it has the wanted handler. @throws SandboxError `GVISOR_CONTAINERD_DOWN`, `GVISOR_HANDLER_NOT_LIVE` */
export async function makeLive(host: Host, wanted: Wanted, stopped: AbortSignal): Promise<boolean> {
  const expected = shimPath(wanted.id);
  if ((await liveHandlers(host, stopped)).get(wanted.handler) === expected) return false;
  await restart(host, stopped);
  const found = (await liveHandlers(host, stopped)).get(wanted.handler);
  if (found === expected) return true;
  throw new SandboxError(INSTALLER_ERRORS.GVISOR_HANDLER_NOT_LIVE, [
    {
      path: host.config.path,
      reason: `containerd was restarted and ${found === undefined ? 'does not have' : 'has another shim for'} the handler ${wanted.handler}`,
      fix: 'set --containerd-config to the configuration that containerd reads (its flag --config)',
    },
  ]);
}

/** Restarts containerd while it has a handler of this installer. @throws SandboxError `GVISOR_CONTAINERD_DOWN` */
export async function unloadHandler(host: Host, stopped: AbortSignal): Promise<void> {
  const shims = [...(await liveHandlers(host, stopped)).values()];
  if (shims.some(isOurs)) await restart(host, stopped);
}

async function restart(host: Host, stopped: AbortSignal): Promise<void> {
  try {
    await host.restart(stopped);
  } catch (error) {
    throw down(`cannot be restarted: ${messageOf(error)}`, error);
  }
}

function down(reason: string, cause: unknown): SandboxError {
  return new SandboxError(
    INSTALLER_ERRORS.GVISOR_CONTAINERD_DOWN,
    [
      {
        path: 'containerd',
        reason,
        fix: 'read its log on the node, and check that --containerd-socket is the path of its socket',
      },
    ],
    { cause },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
