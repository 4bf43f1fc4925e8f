/** Which nodes an installer runs on: the settings that say so, and the part of its pod that follows from them. */
import type { k8s } from 'cdk8s-plus-27';
import { z } from 'zod';
import type { Problem } from '../../base/errors';
import { labelKey, labelValue, toleration, type Toleration } from '../internal/schemas';
import { POOL_LABEL, poolToleration } from './scheduling';

/** Members that the settings of every installer have. Each installer adds its default of `pools`. */
export const placementMembers = {
  /** Node pools to install on: values of node label `secure-ai.io/pool`. The taint of that name and value is tolerated. */
  pools: z.array(labelValue).min(1).readonly(),
  /**
   * Labels of the nodes to install on, instead of the label of `pools`, whose taints stay tolerated.
   * @default none
   */
  nodeSelector: z.record(labelKey, labelValue).readonly().optional(),
  /**
   * Tolerations besides those for the taints of `pools` and for the startup taints.
   * @default []
   */
  tolerations: z.array(toleration).readonly().default([]),
};

/**
 * What keeps a `nodeSelector` from naming the nodes to install on; paths are below it.
 *
 * @param isOwnLabel of the installer, which sets it on a node once it runs there
 */
export function nodeSelectorProblems(
  nodeSelector: Readonly<Record<string, string>> | undefined,
  isOwnLabel: (key: string) => boolean,
): readonly (Omit<Problem, 'path'> & { readonly path: readonly string[] })[] {
  const keys = Object.keys(nodeSelector ?? {});
  if (nodeSelector !== undefined && keys.length === 0) {
    return [
      {
        path: [],
        reason: 'is empty, so the container runtime of every node would be changed and restarted',
        fix: 'name a label of the nodes to install on, or leave it out and label them for pools',
      },
    ];
  }
  return keys.filter(isOwnLabel).map((key) => ({
    path: [key],
    reason: 'is set by the installer once it runs on a node, so it would never come there',
    fix: 'name a label that the nodes have from the start',
  }));
}

/** The checked members, and what only the installer itself knows. */
export interface PlacementSettings {
  readonly pools: readonly string[];
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
  readonly tolerations: readonly Toleration[];
  /** Without `effect`: taints of any effect. */
  readonly startupTaints: readonly { readonly key: string; readonly effect?: string }[];
  /**
   * Architectures of the nodes: values of `kubernetes.io/arch`.
   * @default every architecture
   */
  readonly architectures?: readonly string[];
}

/**
 * Linux nodes in one of the pools or with the labels, tainted or not. In a form that both installers understand when their pod ends
 * and they ask whether the DaemonSet still selects the node: kata-containers 4.1.0, binary/src/k8s/client.rs,
 * `daemonset_selects_node`; installer-src/label/node-selection.ts.
 */
export function placement(
  settings: PlacementSettings,
): Pick<k8s.PodSpec, 'affinity' | 'nodeSelector' | 'tolerations'> {
  const { pools, nodeSelector, architectures } = settings;
  return {
    ...(nodeSelector && { nodeSelector }),
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                isOneOf('kubernetes.io/os', ['linux']),
                ...(architectures ? [isOneOf('kubernetes.io/arch', architectures)] : []),
                ...(nodeSelector === undefined ? [isOneOf(POOL_LABEL, pools)] : []),
              ],
            },
          ],
        },
      },
    },
    tolerations: tolerations(settings),
  };
}

function isOneOf(key: string, values: readonly string[]): k8s.NodeSelectorRequirement {
  return { key, operator: 'In', values: [...values] };
}

function tolerations(settings: PlacementSettings): k8s.Toleration[] {
  return [
    ...settings.pools.map(poolToleration),
    ...settings.startupTaints.map(({ key, effect }) => ({
      key,
      operator: 'Exists',
      ...(effect && { effect }),
    })),
    ...settings.tolerations,
  ];
}
