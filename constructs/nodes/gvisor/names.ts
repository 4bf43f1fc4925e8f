/** Names of the gVisor installer's objects. */
import { NAMESPACES } from '../../../base/names';
import { platformMetadata } from '../../internal/labels';

/** DaemonSet, ServiceAccount, roles, bindings and policies share this name. */
export const INSTALLER = 'gvisor-installer';

export const NAMESPACED = platformMetadata(INSTALLER, { namespace: NAMESPACES.gvisor });

export const CLUSTER_SCOPED = platformMetadata(INSTALLER);
