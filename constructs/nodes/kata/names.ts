/**
 * Names of upstream's chart. So a cluster that already has the chart answers the first apply with a conflict, instead of
 * getting a second installer that competes with the first over containerd.
 */
import { NAMESPACES } from '../../../base/names';

export const NAMESPACE = NAMESPACES.kata;

/** The DaemonSet; kata-deploy finds itself by this name, in `DAEMONSET_NAME`. */
export const INSTALLER = 'kata-deploy';
export const SERVICE_ACCOUNT = 'kata-deploy-sa';
export const CLUSTER_ROLE = 'kata-deploy-role';
export const CLUSTER_ROLE_BINDING = 'kata-deploy-rb';
export const MONITOR = 'kata-monitor';
export const QUOTA = 'kata-critical-pods';
