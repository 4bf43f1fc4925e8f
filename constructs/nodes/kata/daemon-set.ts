import { k8s } from 'cdk8s-plus-27';
import { NODE_CRITICAL } from '../../internal/critical-pods-quota';
import { selectorLabels } from '../../internal/labels';
import { quantities } from '../../internal/quantities';
import { namespacedMetadata } from './names';
import { placement } from './placement';
import type { KataNodesSettings } from './settings';

/** What the two DaemonSets do not share. */
interface NodePod {
  readonly container: k8s.Container;
  readonly volumes: k8s.Volume[];
  readonly terminationGracePeriodSeconds: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** With its token mounted. @default no account of its own, and no token */
  readonly serviceAccountName?: string;
}

/** A DaemonSet on the Kata nodes, updated one node at a time. */
export function daemonSetProps(
  name: string,
  pod: NodePod,
  settings: KataNodesSettings,
): k8s.KubeDaemonSetProps {
  const { container, volumes, terminationGracePeriodSeconds, annotations, serviceAccountName } =
    pod;
  return {
    metadata: namespacedMetadata(name),
    spec: {
      selector: { matchLabels: selectorLabels(name) },
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: k8s.IntOrString.fromNumber(1) },
      },
      template: {
        metadata: { labels: selectorLabels(name), ...(annotations && { annotations }) },
        spec: {
          ...placement(settings),
          priorityClassName: NODE_CRITICAL,
          automountServiceAccountToken: serviceAccountName !== undefined,
          ...(serviceAccountName !== undefined && { serviceAccountName }),
          terminationGracePeriodSeconds,
          containers: [container],
          volumes,
        },
      },
    },
  };
}

export function imageReference({ repository, tag, digest }: KataNodesSettings['image']): string {
  const tagged = `${repository}:${tag}`;
  return digest === undefined ? tagged : `${tagged}@${digest}`;
}

export function resourceRequirements(
  resources: KataNodesSettings['resources'],
): k8s.ResourceRequirements {
  return {
    ...(resources.requests && { requests: quantities(resources.requests) }),
    ...(resources.limits && { limits: quantities(resources.limits) }),
  };
}
