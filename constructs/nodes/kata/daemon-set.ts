/** What the DaemonSets of kata-deploy and kata-monitor share. */
import { k8s } from 'cdk8s-plus-27';
import { NODE_CRITICAL } from '../../internal/critical-pods-quota';
import { platformMetadata, selectorLabels } from '../../internal/labels';
import { placement } from '../placement';
import { NAMESPACE } from './names';
import type { KataNodesSettings } from './settings';
import { architecturesOf } from './shims';

/** What differs between the two DaemonSets. */
interface NodePod {
  readonly container: k8s.Container;
  readonly volumes: k8s.Volume[];
  readonly terminationGracePeriodSeconds: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Mounts its token. @default no ServiceAccount of its own, and no token */
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
    metadata: platformMetadata(name, { namespace: NAMESPACE }),
    spec: {
      selector: { matchLabels: selectorLabels(name) },
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: k8s.IntOrString.fromNumber(1) },
      },
      template: {
        metadata: { labels: selectorLabels(name), ...(annotations && { annotations }) },
        spec: {
          ...placement({ ...settings, architectures: architecturesOf(settings.shims) }),
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
