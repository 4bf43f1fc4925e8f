/** The construct of the namespaces of the node installers. */
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { NAMESPACES } from '../../base/names';
import { platformLabels } from '../internal/labels';
import { podSecurityLabels } from './pod-security';

/**
 * The namespaces of the node installers. Installing a runtime takes the host's file system and service manager, so pods
 * there are privileged by nature. gatekeeper-system is not here: the Gatekeeper construct owns it.
 */
export class PlatformNamespaces extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    for (const name of [NAMESPACES.kata, NAMESPACES.gvisor]) {
      new k8s.KubeNamespace(this, name, {
        metadata: {
          name,
          labels: {
            ...platformLabels(name),
            ...podSecurityLabels({
              enforce: 'privileged',
              audit: 'privileged',
              warn: 'privileged',
            }),
          },
        },
      });
    }
  }
}
