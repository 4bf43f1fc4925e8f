/** Names that are fixed in Gatekeeper's program, which finds its own objects by them (pkg/webhook/common.go and main.go, v3.23.1). */
import { NAMESPACES } from '../../base/names';

export const NAMESPACE = NAMESPACES.gatekeeper;
export const SERVICE_ACCOUNT = 'gatekeeper-admin';
export const MANAGER_ROLE = 'gatekeeper-manager-role';
export const CERTIFICATE_SECRET = 'gatekeeper-webhook-server-cert';
export const WEBHOOK_SERVICE = 'gatekeeper-webhook-service';
export const MUTATING_CONFIGURATION = 'gatekeeper-mutating-webhook-configuration';
export const VALIDATING_CONFIGURATION = 'gatekeeper-validating-webhook-configuration';

/** Namespaces with this label are excluded from validation and mutation, whatever its value. */
export const IGNORE_LABEL = 'admission.gatekeeper.sh/ignore';

/** Label of every object of the installation. */
export const SYSTEM_LABELS = { 'gatekeeper.sh/system': 'yes' } as const;

/** Name of the container port the webhooks are served on. */
export const WEBHOOK_PORT_NAME = 'webhook-server';

/** Labels that distinguish the pods of the two Deployments. */
export const POD_LABELS = {
  controller: {
    'control-plane': 'controller-manager',
    'gatekeeper.sh/operation': 'webhook',
    ...SYSTEM_LABELS,
  },
  audit: {
    'control-plane': 'audit-controller',
    'gatekeeper.sh/operation': 'audit',
    ...SYSTEM_LABELS,
  },
} as const;

/** Metadata of a cluster-scoped object of the installation. */
export function clusterMetadata(name: string) {
  return { name, labels: SYSTEM_LABELS };
}

/** Metadata of an object in Gatekeeper's namespace. */
export function namespacedMetadata(name: string) {
  return { ...clusterMetadata(name), namespace: NAMESPACE };
}
