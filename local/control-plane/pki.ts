/** Issues every key and certificate of a control plane and writes them as files. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  issueAuthority,
  issueCertificate,
  type CertificateRequest,
  type KeyPair,
} from '../../base/certificates';

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** All certificates have the lifetime of kubeadm's leaves; a local cluster is created again long before. */
const VALIDITY_DAYS = 365;

/** File names in the `pki` folder, as kubeadm names them (https://kubernetes.io/docs/setup/best-practices/certificates/). */
export const PKI_FILES = {
  ca: 'ca',
  etcdCa: 'etcd-ca',
  etcd: 'etcd',
  etcdClient: 'apiserver-etcd-client',
  apiServer: 'apiserver',
  kubeletClient: 'apiserver-kubelet-client',
  serviceAccount: 'sa',
  webhookClientCa: 'webhook-client-ca',
  webhookClient: 'apiserver-webhook-client',
} as const;

/** Common name of the certificate that the API server presents to webhooks. */
export const WEBHOOK_CLIENT_NAME = 'kube-apiserver-webhook-client';

/** Client certificates that go into kubeconfigs instead of files. */
export interface ClientCertificates {
  readonly ca: string;
  readonly admin: KeyPair;
  readonly controllerManager: KeyPair;
  readonly scheduler: KeyPair;
}

/**
 * Writes every key and certificate of a control plane into `folder` (0700, files 0600). etcd and the webhook each trust a CA
 * of their own: otherwise any client with a certificate of the cluster CA, such as a kubelet, could read all of etcd, or pass for an API server.
 */
export async function writePki(
  folder: string,
  names: { readonly hostAddress: string; readonly serviceAddress: string },
): Promise<ClientCertificates> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [ca, etcdCa, webhookClientCa] = await Promise.all([
    createAuthority('kubernetes'),
    createAuthority('etcd-ca'),
    createAuthority('webhook-client-ca'),
  ]);
  const webhookClient = await issue(webhookClientCa, client(WEBHOOK_CLIENT_NAME));
  const [etcd, etcdClient, apiServer, kubeletClient, admin, controllerManager, scheduler] =
    await Promise.all([
      issue(etcdCa, {
        commonName: 'etcd',
        usages: ['server', 'client'],
        dnsNames: ['localhost'],
        addresses: ['127.0.0.1'],
      }),
      issue(etcdCa, { commonName: 'kube-apiserver-etcd-client', usages: ['client'] }),
      issue(ca, {
        commonName: 'kube-apiserver',
        usages: ['server'],
        dnsNames: [
          'localhost',
          'kubernetes',
          'kubernetes.default',
          'kubernetes.default.svc',
          'kubernetes.default.svc.cluster.local',
        ],
        addresses: ['127.0.0.1', names.hostAddress, names.serviceAddress],
      }),
      issue(ca, client('kube-apiserver-kubelet-client', 'system:masters')),
      issue(ca, client('kubernetes-admin', 'system:masters')),
      issue(ca, client('system:kube-controller-manager')),
      issue(ca, client('system:kube-scheduler')),
    ]);
  const files: Record<string, string> = {
    ...pemFiles(PKI_FILES.ca, ca),
    ...pemFiles(PKI_FILES.etcdCa, etcdCa),
    ...pemFiles(PKI_FILES.etcd, etcd),
    ...pemFiles(PKI_FILES.etcdClient, etcdClient),
    ...pemFiles(PKI_FILES.apiServer, apiServer),
    ...pemFiles(PKI_FILES.kubeletClient, kubeletClient),
    ...pemFiles(PKI_FILES.webhookClientCa, webhookClientCa),
    ...pemFiles(PKI_FILES.webhookClient, webhookClient),
    ...serviceAccountKeys(),
  };
  await Promise.all(
    Object.entries(files).map(([name, text]) =>
      writeFile(join(folder, name), text, { mode: 0o600 }),
    ),
  );
  return { ca: ca.certificate, admin, controllerManager, scheduler };
}

function client(commonName: string, organization?: string) {
  return { commonName, organization, usages: ['client'] } as const;
}

function createAuthority(commonName: string): Promise<KeyPair> {
  return issueAuthority({ commonName, ...validity() });
}

function issue(
  authority: KeyPair,
  request: Omit<CertificateRequest, 'notBefore' | 'notAfter'>,
): Promise<KeyPair> {
  return issueCertificate(authority, { ...request, ...validity() });
}

/** Validity starts a day early, for clocks that run behind. */
function validity() {
  return {
    notBefore: new Date(Date.now() - DAY_MILLISECONDS),
    notAfter: new Date(Date.now() + VALIDITY_DAYS * DAY_MILLISECONDS),
  };
}

function pemFiles(name: string, pair: KeyPair): Record<string, string> {
  return { [`${name}.crt`]: `${pair.certificate}\n`, [`${name}.key`]: `${pair.key}\n` };
}

/** The key that signs ServiceAccount tokens; RSA, which every consumer of tokens can verify. */
function serviceAccountKeys(): Record<string, string> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { serviceAccount: name } = PKI_FILES;
  return {
    [`${name}.pub`]: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    [`${name}.key`]: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
