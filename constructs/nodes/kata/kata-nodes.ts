/** The construct that installs Kata Containers on nodes. */
import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { nodeCriticalPodsQuota } from '../../internal/critical-pods-quota';
import { platformMetadata } from '../../internal/labels';
import { accessObjects } from './access';
import { installerDaemonSet } from './installer';
import { monitorDaemonSet } from './monitor';
import { installerNetworkPolicy, monitorNetworkPolicy } from './network';
import { NAMESPACE, QUOTA } from './names';
import type { KataNodesProps } from './schema';
import { resolveKataNodes, type KataNodesSettings } from './settings';

/**
 * Installs Kata Containers 4.1.0 on the nodes of a pool and, where asked for, watches its sandboxes: upstream's kata-deploy and
 * kata-monitor in namespace kata-system, which has to be there and allow `hostPath` volumes (Pod Security level "privileged").
 *
 * On a node that is selected, kata-deploy unpacks Kata into /opt/kata, adds a CRI handler `kata-<shim>` for each shim, restarts
 * the container runtime, sets label `katacontainers.io/kata-runtime=true` once the kubelet reports the handlers, and takes the
 * startup taints off. A node without the label gets no pods of a Kata RuntimeClass.
 *
 * kata-deploy takes all of it back when its pod ends and the DaemonSet is gone or wants the node no more; while the DaemonSet
 * wants the node it changes nothing, so updates leave running sandboxes alone. For that it needs its account to the last:
 * the DaemonSet depends on it, so it is removed first.
 *
 * RuntimeClasses are not made here: see `RuntimeClasses`.
 */
export class KataNodes extends Construct {
  /** DaemonSet kata-deploy. */
  readonly installer: ApiObject;
  /** DaemonSet kata-monitor, or undefined where it is off. */
  readonly monitor: ApiObject | undefined;
  /** What it was made with, defaults included. */
  readonly settings: KataNodesSettings;

  /**
   * @throws SandboxError CONFIG_INVALID with every member of `props` that is wrong
   */
  constructor(scope: Construct, id: string, props: KataNodesProps = {}) {
    super(scope, id);
    this.settings = resolveKataNodes(props);

    const access = accessObjects(this, this.settings);
    const quota = nodeCriticalPodsQuota(this, platformMetadata(QUOTA, { namespace: NAMESPACE }));
    this.installer = installerDaemonSet(this, this.settings);
    this.installer.addDependency(...access, quota, installerNetworkPolicy(this, this.settings));
    this.monitor = this.settings.monitor.enabled
      ? monitorDaemonSet(this, this.settings)
      : undefined;
    if (this.monitor !== undefined)
      this.monitor.addDependency(quota, monitorNetworkPolicy(this, this.settings));
  }
}
