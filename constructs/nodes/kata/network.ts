import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { selectorLabels } from '../../internal/labels';
import { egressTo, ingressFrom, onlyThis } from '../../internal/network-policy';
import { METRICS_PORT } from './monitor';
import { INSTALLER, MONITOR, namespacedMetadata } from './names';
import type { KataNodesSettings } from './settings';

/**
 * In: nothing, since probes need no opening. Out: the API server, by the address the kubelet gives and so without DNS (kube-client 2.0.1,
 * `Config::incluster_env`). What it installs comes in its image.
 */
export function installerNetworkPolicy(
  scope: Construct,
  { apiServerPorts }: KataNodesSettings,
): ApiObject {
  return new k8s.KubeNetworkPolicy(scope, 'InstallerNetworkPolicy', {
    metadata: namespacedMetadata(INSTALLER),
    spec: onlyThis(
      { matchLabels: selectorLabels(INSTALLER) },
      { egress: egressTo(apiServerPorts) },
    ),
  });
}

/** In: who may scrape. Out: nothing, it asks containerd and the shims over Unix sockets. */
export function monitorNetworkPolicy(scope: Construct, { monitor }: KataNodesSettings): ApiObject {
  return new k8s.KubeNetworkPolicy(scope, 'MonitorNetworkPolicy', {
    metadata: namespacedMetadata(MONITOR),
    spec: onlyThis(
      { matchLabels: selectorLabels(MONITOR) },
      { ingress: ingressFrom(monitor.scrapeFrom, METRICS_PORT) },
    ),
  });
}
