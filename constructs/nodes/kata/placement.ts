/** Which nodes the Kata DaemonSets run on. */
import type { k8s } from 'cdk8s-plus-27';
import { POOL_LABEL, POOL_TAINT } from '../scheduling';
import type { KataNodesSettings } from './settings';
import { architecturesOf } from './shims';

type Placement = Pick<k8s.PodSpec, 'affinity' | 'nodeSelector' | 'tolerations'>;

/**
 * Which nodes the DaemonSets run on: Linux, an architecture that one of the shims is made for, and the pools or labels asked
 * for. In the form kata-deploy understands when it asks at its end whether its DaemonSet still wants this node
 * (kata-containers 4.1.0, binary/src/k8s/client.rs, `daemonset_selects_node`).
 */
export function placement(settings: KataNodesSettings): Placement {
  const { nodeSelector, pools } = settings;
  const inPools = { key: POOL_LABEL, operator: 'In', values: [...pools] };
  return {
    ...(nodeSelector && { nodeSelector }),
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
                {
                  key: 'kubernetes.io/arch',
                  operator: 'In',
                  values: [...architecturesOf(settings.shims)],
                },
                ...(nodeSelector === undefined ? [inPools] : []),
              ],
            },
          ],
        },
      },
    },
    tolerations: tolerations(settings),
  };
}

function tolerations(settings: KataNodesSettings): k8s.Toleration[] {
  return [
    ...settings.pools.map((value) => ({
      key: POOL_TAINT,
      operator: 'Equal',
      value,
      effect: 'NoSchedule',
    })),
    ...settings.startupTaints.map(({ key, effect }) => ({
      key,
      operator: 'Exists',
      ...(effect && { effect }),
    })),
    ...settings.tolerations,
  ];
}
