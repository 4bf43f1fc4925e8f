/** The NetworkPolicies of kata-deploy and kata-monitor. */
import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { platformMetadata, selectorLabels } from '../../internal/labels';
import { egressTo, ingressFrom, onlyThis } from '../../internal/network-policy';
import { METRICS_PORT } from './monitor';
import { INSTALLER, MONITOR, NAMESPACE } from './names';
import type { KataNodesSettings } from './settings';

/**
 * No ingress, since probes need none. Egress to the API server, by the address the kubelet gives and so without DNS (kube-client 2.0.1,
 * `Config::incluster_env`). What it installs comes in its image.
 */
export function installerNetworkPolicy(
  scope: Construct,
  { apiServerPorts }: KataNodesSettings,
): ApiObject {
  return new k8s.KubeNetworkPolicy(scope, 'InstallerNetworkPolicy', {
    metadata: platformMetadata(INSTALLER, { namespace: NAMESPACE }),
    spec: onlyThis(
      { matchLabels: selectorLabels(INSTALLER) },
      { egress: egressTo(apiServerPorts) },
    ),
  });
}

/** Ingress from the pods that may scrape. No egress: it calls containerd and the shims over Unix sockets. */
export function monitorNetworkPolicy(scope: Construct, { monitor }: KataNodesSettings): ApiObject {
  return new k8s.KubeNetworkPolicy(scope, 'MonitorNetworkPolicy', {
    metadata: platformMetadata(MONITOR, { namespace: NAMESPACE }),
    spec: onlyThis(
      { matchLabels: selectorLabels(MONITOR) },
      { ingress: ingressFrom(monitor.scrapeFrom, METRICS_PORT) },
    ),
  });
}
