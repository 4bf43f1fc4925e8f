/** What the provider has written to the cluster, from the API server's own record: who came after whom. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesApi } from '../../../kubernetes/api';
import { groupOf, referenceOf } from '../../../kubernetes/object';
import type { PlannedObject } from '../../../deploy/plan';
import type { LocalCluster } from '../../../local/cluster';

/** When a request came and when it was answered, in the server's clock of microseconds; texts of one format, so they compare. */
export interface Written {
  readonly received: string;
  readonly answered: string;
}

export interface ProviderWrites {
  /** The first creation of each object, by its id. */
  readonly created: ReadonlyMap<string, Written>;
  /** The first deletion that was accepted. */
  readonly deleted: ReadonlyMap<string, Written>;
}

/** Part of an audit event (audit.k8s.io/v1). */
interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly responseStatus?: { readonly code: number };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly subresource?: string;
  };
}

/** @param ids what `auditIds` gave while the kinds of all the objects were served */
export function providerWrites(
  { stateDir }: LocalCluster,
  ids: ReadonlyMap<string, string>,
): ProviderWrites {
  const events = auditEvents(stateDir).filter(isWriteOfProvider);
  const first = (wanted: (event: AuditEvent) => boolean): Map<string, Written> => {
    const times = new Map<string, Written>();
    for (const event of events.filter(wanted)) {
      const id = ids.get(keyOfEvent(event));
      if (id === undefined || times.has(id)) continue;
      times.set(id, {
        received: event.requestReceivedTimestamp,
        answered: event.stageTimestamp,
      });
    }
    return times;
  };
  return {
    created: first((event) => codeOf(event) === 201),
    deleted: first((event) => event.verb === 'delete' && codeOf(event) < 300),
  };
}

function auditEvents(stateDir: string): AuditEvent[] {
  return readFileSync(join(stateDir, 'audit.log'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AuditEvent);
}

function isWriteOfProvider({ userAgent, requestURI, objectRef }: AuditEvent): boolean {
  const provider = userAgent?.startsWith('pulumi-kubernetes/') === true;
  return provider && objectRef?.subresource === undefined && !requestURI.includes('dryRun=');
}

function codeOf({ responseStatus }: AuditEvent): number {
  return responseStatus?.code ?? 0;
}

/** Ids of objects by what an audit event calls them. */
export async function auditIds(
  api: KubernetesApi,
  plan: readonly PlannedObject[],
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const { id, manifest } of plan) {
    const { apiVersion, kind, name, namespace } = referenceOf(manifest);
    const type = await api.resourceType(apiVersion, kind);
    if (type === undefined) throw new Error(`the server does not serve ${id}`);
    ids.set(keyOf(groupOf(apiVersion), type.resource, namespace, name), id);
  }
  return ids;
}

function keyOfEvent({ objectRef }: AuditEvent): string {
  const { apiGroup, resource = '', namespace, name } = objectRef ?? {};
  // Of a Namespace, the record gives its own name as its namespace.
  return keyOf(apiGroup, resource, resource === 'namespaces' ? undefined : namespace, name);
}

function keyOf(group = '', resource: string, namespace = '', name = ''): string {
  return [group, resource, namespace, name].join('/');
}
