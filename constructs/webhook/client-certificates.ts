/** Client certificates of API servers: the setting, and the parts of the mutator's pod that depend on it. */
import { X509Certificate } from 'node:crypto';
import type { k8s } from 'cdk8s-plus-27';
import { z } from 'zod';

export const CLIENT_CA_DIRECTORY = '/etc/mutator/client-ca';

/** Key in the ConfigMap made from a PEM setting, and name of the mounted file. */
export const CLIENT_CA_FILE = 'ca.crt';

/** Name of that ConfigMap. */
export const CLIENT_CA_CONFIG_MAP = 'ai-runtime-mutator-client-ca';

const certificates = z.string().refine(isCertificates, {
  error: 'must be one or more PEM certificates and nothing else',
});

const reference = { name: z.string().min(1), key: z.string().min(1).default(CLIENT_CA_FILE) };

/**
 * The mutator answers only API servers with a client certificate; all other clients get 403. API servers send one only when configured to, see
 * docs/webhook-client-certificates.md; without that, no pod can be created in an enabled namespace.
 */
export const clientCertificatesSchema = z.strictObject({
  /** CA certificates that sign the client certificates: PEM, or a ConfigMap or Secret in namespace gatekeeper-system. */
  ca: z.union(
    [
      certificates,
      z.strictObject({ configMap: z.strictObject(reference) }),
      z.strictObject({ secret: z.strictObject(reference) }),
    ],
    { error: 'must be PEM certificates, or `configMap` or `secret` with a name' },
  ),
  /** Common name the client certificate must have. @default any */
  commonName: z.string().min(1).max(64).optional(),
});

export type ClientCertificates = Readonly<z.output<typeof clientCertificatesSchema>>;

function isCertificates(text: string): boolean {
  const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
  const blocks = text.match(block) ?? [];
  if (blocks.length === 0 || text.replace(block, '').trim() !== '') return false;
  try {
    for (const pem of blocks) new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

export function clientFlags(setting: ClientCertificates | undefined) {
  if (setting === undefined) return {};
  return {
    'client-ca-file': `${CLIENT_CA_DIRECTORY}/${CLIENT_CA_FILE}`,
    'client-name': setting.commonName,
  };
}

/** Not optional: without the CA no pod of the mutator starts, so none can ever answer every client. */
export function clientCaVolume(setting: ClientCertificates | undefined): k8s.Volume[] {
  if (setting === undefined) return [];
  const { ca } = setting;
  const items = (key: string) => [{ key, path: CLIENT_CA_FILE }];
  if (typeof ca === 'string')
    return [{ name: 'client-ca', configMap: { name: CLIENT_CA_CONFIG_MAP } }];
  if ('configMap' in ca) {
    const { name, key } = ca.configMap;
    return [{ name: 'client-ca', configMap: { name, items: items(key) } }];
  }
  const { name, key } = ca.secret;
  return [
    { name: 'client-ca', secret: { secretName: name, items: items(key), defaultMode: 0o440 } },
  ];
}
