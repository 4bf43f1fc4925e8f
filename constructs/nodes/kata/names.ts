/**
 * Names of upstream's chart. A cluster that has the chart already answers the first apply with a conflict, instead of
 * getting a second installer that fights the first one over containerd.
 */
import { NAMESPACES } from '../../../base/names';
import { platformLabels } from '../../internal/labels';

const NAMESPACE = NAMESPACES.kata;

/** The DaemonSet; kata-deploy finds itself by this name, `DAEMONSET_NAME`. */
export const INSTALLER = 'kata-deploy';
export const SERVICE_ACCOUNT = 'kata-deploy-sa';
export const CLUSTER_ROLE = 'kata-deploy-role';
export const CLUSTER_ROLE_BINDING = 'kata-deploy-rb';
export const MONITOR = 'kata-monitor';
export const QUOTA = 'kata-critical-pods';

/** Metadata of a cluster-scoped object. */
export function clusterMetadata(name: string) {
  return { name, labels: platformLabels(name) };
}

/** Metadata of an object in the namespace of the Kata nodes. */
export function namespacedMetadata(name: string) {
  return { ...clusterMetadata(name), namespace: NAMESPACE };
}
