/**
 * What the Pod Security Standard "restricted" requires of a pod (kubernetes.io/docs/concepts/security/pod-security-standards),
 * and three things it does not require: a read-only root, a fixed user, and a group that alone may read mounted secrets.
 */
import type { k8s } from 'cdk8s-plus-27';

/** User and group `node` of the official Node image (github.com/nodejs/docker-node, Dockerfile-slim.template). */
const NODE_USER_ID = 1000;

export const RESTRICTED_POD: k8s.PodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: NODE_USER_ID,
  runAsGroup: NODE_USER_ID,
  fsGroup: NODE_USER_ID,
  seccompProfile: { type: 'RuntimeDefault' },
};

export const RESTRICTED_CONTAINER: k8s.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};
