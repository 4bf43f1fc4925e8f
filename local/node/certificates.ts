/** Client certificates of nodes, issued by the cluster through CertificateSigningRequests. */
import { randomUUID } from 'node:crypto';
import { certificateSigningRequest, type KeyPair, type Subject } from '../../base/certificates';
import { SandboxError } from '../../base/errors';
import { LOCAL_ERRORS } from '../errors';
import type { PathApi } from '../../kubernetes/by-path';
import type { NamedObject } from '../../kubernetes/object';
import { waitFor } from '../../base/wait-until';

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const SIGNING_TIMEOUT_MILLISECONDS = 60_000;

/** The user of a client certificate, and its signer. */
export interface ClientIdentity extends Subject {
  readonly signer:
    'kubernetes.io/kube-apiserver-client' | 'kubernetes.io/kube-apiserver-client-kubelet';
}

/** The identity by which the Node authorizer recognizes a kubelet (https://kubernetes.io/docs/reference/access-authn-authz/node/). */
export function kubeletIdentity(nodeName: string): ClientIdentity {
  return {
    commonName: `system:node:${nodeName}`,
    organization: 'system:nodes',
    signer: 'kubernetes.io/kube-apiserver-client-kubelet',
  };
}

/** Bound to ClusterRole `system:node-proxier` from the start of every cluster. */
export const KUBE_PROXY_IDENTITY: ClientIdentity = {
  commonName: 'system:kube-proxy',
  signer: 'kubernetes.io/kube-apiserver-client',
};

interface SigningRequest extends NamedObject {
  readonly status?: {
    readonly certificate?: string;
    readonly conditions?: readonly { readonly type: string; readonly message?: string }[];
  };
}

/**
 * A new key and a client certificate for it, signed by the cluster through a CertificateSigningRequest that this code approves:
 * the CA's key stays with the control plane. The controller manager removes the request, whose name begins with `prefix`.
 * @throws SandboxError NODE_START_FAILED
 */
export async function issueClientCertificate(
  client: PathApi,
  prefix: string,
  identity: ClientIdentity,
  signal?: AbortSignal,
): Promise<KeyPair> {
  const { commonName, signer } = identity;
  const { request, key } = await certificateSigningRequest(identity);
  const name = `${prefix}-${randomUUID()}`;
  const path = `${REQUESTS}/${name}`;
  await client.create(REQUESTS, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName: signer,
      usages: ['digital signature', 'client auth'],
    },
  });
  const approval = { type: 'Approved', status: 'True', reason: 'LocalNode', message: commonName };
  await client.merge(`${path}/approval`, { status: { conditions: [approval] } });
  const certificate = await waitFor(
    async () => {
      const { status } = await client.get<SigningRequest>(path);
      const failed = status?.conditions?.find(({ type }) => type === 'Failed' || type === 'Denied');
      if (failed) throw signingError(commonName, failed.message ?? failed.type);
      return status?.certificate;
    },
    { timeoutMilliseconds: SIGNING_TIMEOUT_MILLISECONDS, signal },
  );
  if (certificate === undefined)
    throw signingError(commonName, 'the controller manager did not sign it in time');
  return { certificate: Buffer.from(certificate, 'base64').toString(), key };
}

function signingError(commonName: string, reason: string): SandboxError {
  return new SandboxError(LOCAL_ERRORS.NODE_START_FAILED, [
    {
      path: `client certificate of ${commonName}`,
      reason,
      fix: 'read the log of kube-controller-manager, then start again',
    },
  ]);
}
