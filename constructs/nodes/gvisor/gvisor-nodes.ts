/** The construct that installs gVisor on nodes. */
import { ApiObject, JsonPatch, type ApiObjectProps } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { NAMESPACES } from '../../../base/names';
import { nodeCriticalPodsQuota } from '../../internal/critical-pods-quota';
import { deployLast } from '../../internal/dependencies';
import { platformLabels, selectorLabels } from '../../internal/labels';
import { onlyThis, tcp } from '../../internal/network-policy';
import { program } from '../../internal/program';
import { accessObjects } from './access';
import { INSTALLER, NAMESPACED } from './names';
import { INSTALL_CONTAINER, installerPod } from './pod';
import type { GvisorNodesSettings } from './schema';

export interface GvisorNodesProps {
  /** From `gvisorNodesSchema`. */
  readonly settings: GvisorNodesSettings;
  /**
   * Handler of the runtime's RuntimeClass.
   * @default "runsc"
   */
  readonly handler?: string;
  /** The source of the installer, from `bundleSources()`. */
  readonly source: string;
}

/**
 * Installs gVisor on the nodes of a pool: the project's own installer (docs/gvisor-installer.md), in namespace gvisor-system, which must
 * exist and allow host paths (Pod Security level "privileged").
 *
 * On a selected node it verifies a release and unpacks it to /opt/secure-ai/gvisor, adds the handler to containerd, and restarts
 * containerd where that changed anything. Once the kubelet reports the handler it sets the label `secure-ai.io/gvisor-runtime=true` and
 * removes the startup taint of the same key. When the DaemonSet is deleted, or no longer selects a node, all of it is undone.
 *
 * The DaemonSet depends on its ServiceAccount, so it is deleted first: its pods ask the API server why they end.
 */
export class GvisorNodes extends Construct {
  /** The installer. */
  readonly daemonSet: ApiObject;

  constructor(scope: Construct, id: string, props: GvisorNodesProps) {
    super(scope, id);
    const { settings, source, handler = 'runsc' } = props;
    const { nodeImageDigest } = settings;

    accessObjects(this);
    nodeCriticalPodsQuota(this, NAMESPACED);
    networkPolicy(this, settings);
    const code = program(this, {
      component: INSTALLER,
      namespace: NAMESPACES.gvisor,
      file: 'installer.js',
      source,
      nodeImageDigest,
    });
    const daemonSet = k8s.KubeDaemonSet.manifest({
      metadata: NAMESPACED,
      spec: {
        selector: { matchLabels: selectorLabels(INSTALLER) },
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxUnavailable: k8s.IntOrString.fromNumber(1) },
        },
        template: {
          metadata: { labels: platformLabels(INSTALLER) },
          spec: installerPod({ settings, handler, code }),
        },
      },
    }) as ApiObjectProps;
    // Created from its JSON, because the typed object drops fields that its types lack, and this one is from 1.30.
    this.daemonSet = new ApiObject(this, 'DaemonSet', daemonSet);
    // The default profile of container runtimes allows neither ptrace nor signals to processes of the host.
    this.daemonSet.addJsonPatch(
      JsonPatch.add(
        `/spec/template/spec/containers/${INSTALL_CONTAINER}/securityContext/appArmorProfile`,
        { type: 'Unconfined' },
      ),
    );
    deployLast(this, this.daemonSet);
  }
}

/** No ingress, since probes need none. Egress to the API server, DNS and the source of releases; none of them has labels to select. */
function networkPolicy(scope: Construct, settings: GvisorNodesSettings): void {
  const { protocol, port } = new URL(settings.source);
  const sourcePort = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  const ports = [...new Set([...settings.apiServerPorts, sourcePort, 53])].sort((a, b) => a - b);
  const egress = [{ ports: [...ports.map(tcp), { ...tcp(53), protocol: 'UDP' }] }];
  new k8s.KubeNetworkPolicy(scope, 'NetworkPolicy', {
    metadata: NAMESPACED,
    spec: onlyThis({ matchLabels: selectorLabels(INSTALLER) }, { egress }),
  });
}
