/** The construct of a tenant: a namespace with its quota, limits, Pod Security and NetworkPolicies. */
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { ENABLED_LABEL } from '../../base/names';
import { podsOfPriority } from '../internal/critical-pods-quota';
import { platformLabels } from '../internal/labels';
import { quantities } from '../internal/quantities';
import { networkPolicySpecs } from './network-policies';
import { podSecurityLabels } from './pod-security';
import type { TenantConfig } from './schema';

const COMPONENT = 'tenant';

/**
 * A namespace whose pods the platform sandboxes: its labels, quotas, defaults for containers, and closed network.
 * No pod in it has a denied priority class, those of the system by default, so none evicts the pods of another tenant or of the platform
 * by it; who only has rights of the ClusterRole `admin` cannot change a quota (test/e2e/priority.test.ts).
 */
export class Tenant extends Construct {
  constructor(scope: Construct, id: string, tenant: TenantConfig) {
    super(scope, id);
    const namespace = new k8s.KubeNamespace(this, 'Namespace', {
      metadata: {
        name: tenant.name,
        labels: {
          ...platformLabels(COMPONENT),
          [ENABLED_LABEL]: 'true',
          ...podSecurityLabels(tenant.podSecurity),
        },
      },
    });

    const metadata = (name: string) => ({
      name,
      namespace: tenant.name,
      labels: platformLabels(COMPONENT),
    });
    if (tenant.deniedPriorityClasses.length > 0) {
      new k8s.KubeResourceQuota(this, 'DeniedPriorityClasses', {
        metadata: metadata('denied-priority-classes'),
        spec: podsOfPriority(tenant.deniedPriorityClasses, '0'),
      }).addDependency(namespace);
    }
    if (tenant.quota !== false) {
      new k8s.KubeResourceQuota(this, 'Quota', {
        metadata: metadata('quota'),
        spec: { hard: quantities(tenant.quota) },
      }).addDependency(namespace);
    }
    if (tenant.limitRange !== false) {
      const { default: limits, defaultRequest } = tenant.limitRange;
      new k8s.KubeLimitRange(this, 'LimitRange', {
        metadata: metadata('container-defaults'),
        spec: {
          limits: [
            {
              type: 'Container',
              ...(Object.keys(limits).length > 0 && { default: quantities(limits) }),
              ...(Object.keys(defaultRequest).length > 0 && {
                defaultRequest: quantities(defaultRequest),
              }),
            },
          ],
        },
      }).addDependency(namespace);
    }
    for (const [name, spec] of networkPolicySpecs(tenant.network)) {
      new k8s.KubeNetworkPolicy(this, name, { metadata: metadata(name), spec }).addDependency(
        namespace,
      );
    }
  }
}
