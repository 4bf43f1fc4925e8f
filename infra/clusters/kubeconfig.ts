/** A kubeconfig that gets its token from a program of the cloud, so that it holds no credentials. */
import { stringify } from 'yaml';

export interface KubeconfigParts {
  /** Name of cluster, user and context. */
  readonly name: string;
  /** URL of the API server. */
  readonly server: string;
  /** Base64 of PEM. */
  readonly certificateAuthority: string;
  /** Prints an ExecCredential of client.authentication.k8s.io/v1beta1. */
  readonly command: string;
  /** @default none */
  readonly args?: readonly string[];
}

export function kubeconfigText(parts: KubeconfigParts): string {
  const { name, server, certificateAuthority, command, args = [] } = parts;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': certificateAuthority } }],
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1beta1',
            command,
            args: [...args],
            interactiveMode: 'Never',
            provideClusterInfo: true,
          },
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}
