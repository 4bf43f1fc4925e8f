/** Writes kubeconfig files. */
import { stringify } from 'yaml';
import type { KeyPair } from '../../base/certificates';
import { replaceFile } from '../replace-file';

export interface Kubeconfig {
  /** Name of the cluster and the context. */
  readonly cluster: string;
  readonly user: string;
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly client: KeyPair;
}

/** Writes a self-contained kubeconfig atomically, readable only by its owner. */
export async function writeKubeconfig(path: string, config: Kubeconfig): Promise<void> {
  const { cluster, user, server, ca, client } = config;
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': cluster,
    clusters: [{ name: cluster, cluster: { server, 'certificate-authority-data': encode(ca) } }],
    users: [
      {
        name: user,
        user: {
          'client-certificate-data': encode(client.certificate),
          'client-key-data': encode(client.key),
        },
      },
    ],
    contexts: [{ name: cluster, context: { cluster, user } }],
  });
  await replaceFile(path, text, 0o600);
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}
