import { NAMESPACES } from '../../../base/names';
import { platformLabels } from '../../internal/labels';

/** DaemonSet, ServiceAccount, roles, bindings and policies share this name. */
export const INSTALLER = 'gvisor-installer';

export const namespacedMetadata = {
  name: INSTALLER,
  namespace: NAMESPACES.gvisor,
  labels: platformLabels(INSTALLER),
};

export const clusterMetadata = { name: INSTALLER, labels: platformLabels(INSTALLER) };
