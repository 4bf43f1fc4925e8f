/** The construct of the default-deny NetworkPolicies of the platform's namespaces. */
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { NAMESPACES } from '../../base/names';
import { METRICS_PORT, POD_LABELS, WEBHOOK_PORT } from '../gatekeeper';
import { platformLabels } from '../internal/labels';
import { egressTo, ingressFrom, onlyThis, tcp, type PodPeer } from '../internal/network-policy';

interface PlatformNetworkProps {
  /** Ports the API server's endpoints listen on. */
  readonly apiServerPorts: readonly number[];
  /** Pods that may read Gatekeeper's metrics. */
  readonly scrapeFrom: readonly PodPeer[];
}

/** Of the policy that closes a namespace. */
const DEFAULT_DENY = 'default-deny';

const COMPONENT = 'platform-network';

/**
 * Closes the platform's namespaces in both directions, and opens what Gatekeeper needs: its webhooks, which the API server calls, and the
 * API server, which both Deployments call; never DNS, since the kubelet gives them its address. The other programs bring policies of
 * their own. For other egress of Gatekeeper, such as external data or an exporter, add a further policy: they add up.
 *
 * To be deployed after the namespaces and before the pods; the closing comes last, so that what runs already is not cut off.
 */
export class PlatformNetwork extends Construct {
  constructor(scope: Construct, id: string, props: PlatformNetworkProps) {
    super(scope, id);
    const scraped = ingressFrom(props.scrapeFrom, METRICS_PORT);
    const egress = egressTo(props.apiServerPorts);
    const policy = (name: string, namespace: string, spec: k8s.NetworkPolicySpec) =>
      new k8s.KubeNetworkPolicy(this, `${namespace}-${name}`, {
        metadata: { name, namespace, labels: platformLabels(COMPONENT) },
        spec,
      });

    const openings = [
      policy(
        'gatekeeper-controller-manager',
        NAMESPACES.gatekeeper,
        onlyThis(
          { matchLabels: POD_LABELS.controller },
          { ingress: [{ ports: [tcp(WEBHOOK_PORT)] }, ...scraped], egress },
        ),
      ),
      policy(
        'gatekeeper-audit',
        NAMESPACES.gatekeeper,
        onlyThis({ matchLabels: POD_LABELS.audit }, { ingress: scraped, egress }),
      ),
    ];
    for (const namespace of Object.values(NAMESPACES))
      policy(DEFAULT_DENY, namespace, onlyThis({})).addDependency(...openings);
  }
}
