/** How a sandboxed pod finds a node that can run it: the agreement between RuntimeClasses, node pools and installers. */
import { DOMAIN, GVISOR_NODE_LABEL, KATA_NODE_LABEL, POOL_LABEL } from '../../base/names';
import type { Toleration } from '../internal/schemas';

export { GVISOR_NODE_LABEL, KATA_NODE_LABEL };

/**
 * Key of the NoSchedule taint that a new node may come with so that no pod runs before gVisor is installed; the installer removes it last.
 * Named like the label, as Kata's is. No setting changes it: the installer has to know which taint to remove.
 */
export const GVISOR_STARTUP_TAINT = `${DOMAIN}/gvisor-runtime`;

/**
 * Label of the nodes of a pool meant for one runtime; its value is the runtime's name. Installers run on nodes that have it and
 * on no others, so a cluster whose nodes are not labelled stays as it is.
 */
export { POOL_LABEL };

/** Key of the NoSchedule taint that keeps ordinary pods off such a pool, with the same value. A pool without the taint works too. */
export { POOL_LABEL as POOL_TAINT };

/** Tolerates the taint of that pool. */
export function poolToleration(pool: string) {
  return {
    key: POOL_LABEL,
    operator: 'Equal',
    value: pool,
    effect: 'NoSchedule',
  } as const satisfies Toleration;
}
