/** Deploys a plan: applies every object as soon as its dependencies are ready, then deletes the objects that left the plan. */
import { defaultMaxListeners, setMaxListeners } from 'node:events';
import { SandboxError, refuse, type Problem } from '../base/errors';
import { DEPLOY_ERRORS } from './errors';
import {
  asMember,
  extentOf,
  membersOf,
  recordedExtent,
  recordExtent,
  type Extent,
} from './apply-set';
import type { Applied, KubernetesApi } from '../kubernetes/api';
import { groupOf, objectId, referenceOf, type KubernetesObject } from '../kubernetes/object';
import { assertReachable } from '../kubernetes/reachable';
import type { PlannedObject } from './plan';
import { prune, type Pruned } from './prune';
import { observe, READINESS } from './readiness';
import { applyOrReplace } from './replace';
import { DeadlineError, waitUntil } from '../base/wait-until';

/** What happens while a plan is deployed, in the order it happens. */
export type DeployEvent =
  | {
      readonly type: 'applied';
      readonly id: string;
      readonly outcome: Applied['outcome'];
      /** Objects applied so far, of `total`. */
      readonly done: number;
      readonly total: number;
    }
  | {
      readonly type: 'waiting';
      readonly id: string;
      readonly awaited: string;
      readonly seen: string;
    }
  /** Only of objects that are waited for. */
  | { readonly type: 'ready'; readonly id: string }
  | { readonly type: 'failed'; readonly id: string; readonly reason: string }
  | { readonly type: 'deleting'; readonly id: string };

export interface DeployOptions {
  readonly api: KubernetesApi;
  /** Version of this package, such as `0.1.0`. */
  readonly version: string;
  readonly onProgress?: (event: DeployEvent) => void;
  /** Stops between two steps; what was applied stays. */
  readonly signal?: AbortSignal;
}

export interface DeployReport {
  readonly created: number;
  readonly configured: number;
  readonly unchanged: number;
  readonly pruned: Pruned;
}

/**
 * Safe to run again: unchanged objects stay untouched, and an interrupted deployment continues.
 *
 * @throws SandboxError CLUSTER_UNREACHABLE; DEPLOY_INCOMPLETE with what failed and why, what was not tried, and how to continue
 */
export async function deploy(
  plan: readonly PlannedObject[],
  options: DeployOptions,
): Promise<DeployReport> {
  const manifests = plan.map(({ manifest }) => manifest);
  await assertReachable(options.api);
  const before = await recordedExtent(options.api);
  await recordExtent(options.api, [before, extentOf(manifests)], options.version);
  const outcomes = await applyAll(plan, options);
  const pruned = await pruneUnplanned(manifests, before, options);
  const count = (outcome: Applied['outcome']) => outcomes.filter((one) => one === outcome).length;
  return {
    created: count('created'),
    configured: count('configured'),
    unchanged: count('unchanged'),
    pruned,
  };
}

async function applyAll(
  plan: readonly PlannedObject[],
  options: DeployOptions,
): Promise<readonly Applied['outcome'][]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]);
  // One listener for each object that is awaited, and all may be awaited at once.
  setMaxListeners(Math.max(defaultMaxListeners, plan.length), signal);
  const applied = new Map<string, Applied['outcome']>();
  const failures = new Map<string, string>();
  const ready = new Map<string, Promise<void>>();

  const bring = async (item: PlannedObject) => {
    await Promise.all(item.dependsOn.flatMap((id) => ready.get(id) ?? []));
    signal.throwIfAborted();
    try {
      const outcome = await applyOne(item, options, signal);
      applied.set(item.id, outcome);
      const [done, total] = [applied.size, plan.length];
      options.onProgress?.({ type: 'applied', id: item.id, outcome, done, total });
      await awaitReady(item, options, signal);
    } catch (error) {
      // An object that the first failure interrupted has not failed itself.
      if (!signal.aborted) {
        failures.set(item.id, (error as Error).message);
        options.onProgress?.({ type: 'failed', id: item.id, reason: (error as Error).message });
        stop.abort(error);
      }
      throw error;
    }
  };

  const settled = await Promise.allSettled(
    plan.map((item) => {
      const task = bring(item);
      ready.set(item.id, task);
      return task;
    }),
  );
  options.signal?.throwIfAborted();
  if (settled.every(({ status }) => status === 'fulfilled')) return [...applied.values()];
  throw incomplete(plan, applied, failures);
}

async function applyOne(
  { manifest, id }: PlannedObject,
  { api, onProgress }: DeployOptions,
  signal: AbortSignal,
): Promise<Applied['outcome']> {
  const { outcome } = await applyOrReplace(api, asMember(manifest), {
    signal,
    onSeen: (seen) =>
      onProgress?.({ type: 'waiting', id, awaited: 'the API server accepts it', seen }),
  });
  return outcome;
}

async function awaitReady(
  item: PlannedObject,
  { api, onProgress }: DeployOptions,
  signal: AbortSignal,
): Promise<void> {
  const { id, wait } = item;
  if (wait === 'none') return;
  const { awaited, deadlineSeconds } = READINESS[wait];
  const onSeen = (seen: string) => onProgress?.({ type: 'waiting', id, awaited, seen });
  try {
    await waitUntil(() => observe(item, api), { deadlineSeconds, signal, onSeen });
    onProgress?.({ type: 'ready', id });
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    throw new Error(`waited until ${awaited}, ${error.message}`, { cause: error });
  }
}

function incomplete(
  plan: readonly PlannedObject[],
  applied: ReadonlyMap<string, unknown>,
  failures: ReadonlyMap<string, string>,
): SandboxError {
  const problems = [...failures].map(([path, reason]): Problem => ({
    path,
    reason,
    fix: 'remove the cause that the API server or the wait reports',
  }));
  const untried = plan.filter(({ id }) => !applied.has(id) && !failures.has(id));
  const rest: Problem = {
    path: 'deployment',
    reason:
      `${applied.size} of ${plan.length} objects are applied` +
      (untried.length > 0 ? `, not tried: ${untried.map(({ id }) => id).join(', ')}` : ''),
    fix: 'run the same command again: it continues where this one stopped',
  };
  const [first, ...others] = [...problems, rest];
  return new SandboxError(DEPLOY_ERRORS.DEPLOY_INCOMPLETE, [first ?? rest, ...others]);
}

async function pruneUnplanned(
  manifests: readonly KubernetesObject[],
  before: Extent,
  { api, onProgress, signal, version }: DeployOptions,
): Promise<Pruned> {
  const planned = new Set(manifests.map(keyOf));
  const members = await membersOf(api, [...before.kinds, ...extentOf(manifests).kinds]);
  const gone = members.filter((member) => !planned.has(keyOf(member)));
  const pruned = await prune(api, gone, {
    onDeleting: (id) => onProgress?.({ type: 'deleting', id }),
    ...(signal && { signal }),
  });
  const left = gone.filter((member) => !pruned.deleted.includes(objectId(referenceOf(member))));
  await recordExtent(api, [extentOf([...manifests, ...left])], version);
  refuseFailed(pruned);
  return pruned;
}

/** An object's group, not its version, identifies it: a plan may move to a newer version of a kind. */
function keyOf(object: KubernetesObject): string {
  return `${groupOf(object.apiVersion)} ${objectId(referenceOf(object))}`;
}

function refuseFailed({ failed }: Pruned): void {
  const problems = failed.map(({ id, reason }): Problem => ({
    path: id,
    reason: `no longer planned, but not deleted: ${reason}`,
    fix: 'remove what keeps it from being deleted, and run the same command again',
  }));
  refuse(DEPLOY_ERRORS.DEPLOY_INCOMPLETE, problems);
}
