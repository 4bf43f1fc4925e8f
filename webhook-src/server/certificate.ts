/** Reads the serving certificate from disk and checks it before use. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

export interface ServingCertificate {
  /** Key, chain and, if clients must authenticate, their CA. All are replaced together. */
  readonly context: SecureContextOptions;
  readonly notAfter: Date;
  readonly serialNumber: string;
}

export interface CertificateFiles {
  /** Directory with `tls.crt` (leaf first) and `tls.key`. */
  readonly directory: string;
  /** PEM file with the CAs that client certificates are checked against. */
  readonly clientCaFile: string | undefined;
}

export function certificatePaths({ directory, clientCaFile }: CertificateFiles): readonly string[] {
  const paths = [join(directory, 'tls.crt'), join(directory, 'tls.key')];
  return clientCaFile === undefined ? paths : [...paths, clientCaFile];
}

/**
 * Reads and checks key and certificate as a pair.
 * @throws Error with the reason: a file missing or not PEM, key and certificate of different pairs, a certificate that is
 *   not valid now
 */
export async function loadCertificate(
  files: CertificateFiles,
  nowMs: number,
): Promise<ServingCertificate> {
  const directory = await oneVersionOf(files.directory);
  const [cert, key, ca] = await Promise.all([
    readFile(join(directory, 'tls.crt'), 'utf8'),
    readFile(join(directory, 'tls.key'), 'utf8'),
    files.clientCaFile === undefined ? undefined : readFile(files.clientCaFile, 'utf8'),
  ]);
  const leaf = new X509Certificate(cert);
  const notBefore = new Date(leaf.validFrom);
  const notAfter = new Date(leaf.validTo);
  if (!leaf.checkPrivateKey(createPrivateKey(key)))
    throw new Error('tls.key is not the key of tls.crt');
  if (nowMs < notBefore.getTime())
    throw new Error(`tls.crt is not valid before ${notBefore.toISOString()}`);
  if (nowMs >= notAfter.getTime()) throw new Error(`tls.crt expired ${notAfter.toISOString()}`);
  if (ca !== undefined) new X509Certificate(ca);
  const context: SecureContextOptions = {
    cert,
    key,
    ...(ca === undefined ? {} : { ca }),
    minVersion: 'TLSv1.3',
  };
  createSecureContext(context);
  return { context, notAfter, serialNumber: leaf.serialNumber };
}

/**
 * The directory behind `..data`, if it exists: the kubelet swaps that link (kubernetes pkg/volume/util/atomic_writer.go), and
 * two files read through it one after the other may be of two versions.
 */
async function oneVersionOf(directory: string): Promise<string> {
  try {
    return await realpath(join(directory, '..data'));
  } catch {
    return directory;
  }
}
