/** User data of a node of Amazon Linux 2023, read at its first start. */
import { stringify } from 'yaml';
import { taintsOf, type NodeMarks } from '../pools';

interface NodeOfCluster {
  readonly name: string;
  /** URL of the API server. */
  readonly endpoint: string;
  /** Base64 of PEM. */
  readonly certificateAuthority: string;
  /** Range of Service addresses. */
  readonly serviceCidr: string;
}

const BOUNDARY = '==node==';

/** Kata needs these besides KVM itself (kata-containers 4.1.0, docs/installation.md); one of the kvm modules matches the CPU. */
const MODULES = `#!/bin/sh
for module in kvm_intel kvm_amd vhost_vsock vhost_net; do
  modprobe "$module" && echo "$module" >> /etc/modules-load.d/kata.conf
done
exit 0
`;

/** Base64 of MIME parts: configuration of nodeadm (awslabs.github.io/amazon-eks-ami/nodeadm), and kernel modules for Kata. */
export function kataNodeUserData(cluster: NodeOfCluster, marks: NodeMarks): string {
  const labels = Object.entries(marks.labels).map(([key, value]) => `${key}=${value}`);
  const taints = taintsOf(marks).map(({ key, value }) => `${key}=${value}:NoSchedule`);
  const config = stringify({
    apiVersion: 'node.eks.aws/v1alpha1',
    kind: 'NodeConfig',
    spec: {
      cluster: {
        name: cluster.name,
        apiServerEndpoint: cluster.endpoint,
        certificateAuthority: cluster.certificateAuthority,
        cidr: cluster.serviceCidr,
      },
      kubelet: {
        flags: [`--node-labels=${labels.join(',')}`, `--register-with-taints=${taints.join(',')}`],
      },
    },
  });
  const text = [
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${BOUNDARY}"`,
    '',
    ...part('application/node.eks.aws', config),
    ...part('text/x-shellscript; charset="us-ascii"', MODULES),
    `--${BOUNDARY}--`,
    '',
  ].join('\n');
  return Buffer.from(text).toString('base64');
}

function part(type: string, body: string): readonly string[] {
  return [`--${BOUNDARY}`, `Content-Type: ${type}`, '', body];
}
