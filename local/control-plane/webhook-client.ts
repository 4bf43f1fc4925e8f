/** Makes the local API server present a client certificate to the webhook, as docs/webhook-client-certificates.md describes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { MUTATOR, NAMESPACES } from '../../base/names';
import { controlPlanePaths } from './commands';
import { PKI_FILES } from './pki';

/**
 * Writes the file for `--admission-control-config-file` and the kubeconfig it names. The user's name is that of the webhook only, and the kubeconfig
 * has no current context, so the API server presents the certificate to no other webhook (k8s.io/apiserver v0.36.3 pkg/util/webhook/authentication.go).
 */
export async function writeWebhookClient(stateDir: string): Promise<void> {
  const { pki, admissionConfig, webhookKubeconfig } = controlPlanePaths(stateDir);
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    users: [
      {
        name: `${MUTATOR.name}.${NAMESPACES.gatekeeper}.svc`,
        user: {
          'client-certificate': join(pki, `${PKI_FILES.webhookClient}.crt`),
          'client-key': join(pki, `${PKI_FILES.webhookClient}.key`),
        },
      },
    ],
  };
  const configuration = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'WebhookAdmissionConfiguration',
    kubeConfigFile: webhookKubeconfig,
  };
  const admission = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AdmissionConfiguration',
    plugins: ['MutatingAdmissionWebhook', 'ValidatingAdmissionWebhook'].map((name) => ({
      name,
      configuration,
    })),
  };
  await writeFile(webhookKubeconfig, stringify(kubeconfig), { mode: 0o600 });
  await writeFile(admissionConfig, stringify(admission));
}

/**
 * CA of the client certificate, as PEM; undefined for a cluster that an older version started, whose API server presents none.
 */
export async function webhookClientCa(stateDir: string): Promise<string | undefined> {
  const file = join(controlPlanePaths(stateDir).pki, `${PKI_FILES.webhookClientCa}.crt`);
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
