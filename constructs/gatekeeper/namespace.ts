/** The namespace, its quota, and the Secret that Gatekeeper writes. */
import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { CLUSTER_CRITICAL, podsOfPriority } from '../internal/critical-pods-quota';
import {
  CERTIFICATE_SECRET,
  IGNORE_LABEL,
  NAMESPACE,
  namespacedMetadata,
  POD_LABELS,
  SYSTEM_LABELS,
} from './names';

/** Pod Security admission: "restricted" in every mode, enforced in the form of Kubernetes v1.24. */
const POD_SECURITY_LABELS = {
  'pod-security.kubernetes.io/audit': 'restricted',
  'pod-security.kubernetes.io/audit-version': 'latest',
  'pod-security.kubernetes.io/enforce': 'restricted',
  'pod-security.kubernetes.io/enforce-version': 'v1.24',
  'pod-security.kubernetes.io/warn': 'restricted',
  'pod-security.kubernetes.io/warn-version': 'latest',
};

export function namespace(scope: Construct): ApiObject {
  return new k8s.KubeNamespace(scope, 'Namespace', {
    metadata: {
      name: NAMESPACE,
      labels: {
        ...SYSTEM_LABELS,
        ...POD_SECURITY_LABELS,
        'control-plane': POD_LABELS.controller['control-plane'],
        [IGNORE_LABEL]: 'no-self-managing',
      },
    },
  });
}

export function criticalPodsQuota(scope: Construct): ApiObject {
  return new k8s.KubeResourceQuota(scope, 'ResourceQuota', {
    metadata: namespacedMetadata('gatekeeper-critical-pods'),
    spec: podsOfPriority([CLUSTER_CRITICAL], '100'),
  });
}

/** Empty here: Gatekeeper's certificate rotator updates it but does not create it (cert-controller, refreshCertIfNeeded). */
export function certificateSecret(scope: Construct): ApiObject {
  return new k8s.KubeSecret(scope, 'CertificateSecret', {
    metadata: namespacedMetadata(CERTIFICATE_SECRET),
  });
}
