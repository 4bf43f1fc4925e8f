/** A collection of the API server kept in memory by list and watch. */
import { setTimeout as delay } from 'node:timers/promises';
import type { PathApi } from './by-path';
import type { NamedObject } from './object';

/** Pause between two attempts to reach an API server that does not answer. */
const RETRY_MILLISECONDS = 500;

/** Keys are object names. */
export interface Reflector<T extends NamedObject> {
  readonly objects: ReadonlyMap<string, T>;
  /** Resolves when the first list has arrived. */
  readonly synced: Promise<void>;
}

/**
 * Keeps a copy of the collection at `path` (`/api/v1/namespaces/x/secrets`) and calls `onChange` after every change,
 * until `signal` aborts. A lost connection or an expired resource version starts again with a list
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
 */
export function reflect<T extends NamedObject>(
  client: PathApi,
  path: string,
  onChange: () => void,
  signal: AbortSignal,
): Reflector<T> {
  const objects = new Map<string, T>();
  let markSynced: () => void;
  const synced = new Promise<void>((resolve) => (markSynced = resolve));

  const listAndWatch = async (): Promise<void> => {
    const list = await client.get<{ items: T[]; metadata: { resourceVersion: string } }>(path, {
      signal,
    });
    objects.clear();
    for (const item of list.items) objects.set(item.metadata.name, item);
    markSynced();
    onChange();
    const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${list.metadata.resourceVersion}`;
    for await (const { type, object } of client.watch(`${path}?${query}`, signal)) {
      if (type === 'ERROR') return;
      if (type === 'BOOKMARK') continue;
      if (type === 'DELETED') objects.delete(object.metadata.name);
      else objects.set(object.metadata.name, object as T);
      onChange();
    }
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await listAndWatch();
      } catch {
        if (signal.aborted) return;
        await delay(RETRY_MILLISECONDS, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  void run();
  return { objects, synced };
}
