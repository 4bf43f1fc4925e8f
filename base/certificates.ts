/** Issues certificate authorities, the certificates they sign, and signing requests: ECDSA P-256, only the extensions that are needed. */
// @peculiar/x509 finds its parts through decorators, which need this first.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type JsonGeneralName,
  type JsonName,
} from '@peculiar/x509';

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface Subject {
  readonly commonName: string;
  /** Kubernetes reads it as a group. */
  readonly organization?: string | undefined;
}

export interface AuthorityRequest extends Validity {
  readonly commonName: string;
  /** @default a new one */
  readonly serialNumber?: string;
}

export interface CertificateRequest extends Subject, Validity {
  readonly usages: readonly ('server' | 'client')[];
  readonly dnsNames?: readonly string[];
  /** IP addresses. */
  readonly addresses?: readonly string[];
}

/** 13 times as many signatures a second as RSA 2048, and every new connection of an API server is a full handshake. */
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** A self-signed CA that signs certificates but no further CAs. */
export async function issueAuthority({
  commonName,
  serialNumber = newSerialNumber(),
  notBefore,
  notAfter,
}: AuthorityRequest): Promise<KeyPair> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber,
    name: nameOf({ commonName }),
    notBefore,
    notAfter,
    signingAlgorithm: SIGNATURE_ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await privateKeyPem(keys.privateKey) };
}

/** A certificate signed by `authority`, which it never outlives. */
export async function issueCertificate(
  authority: KeyPair,
  request: CertificateRequest,
): Promise<KeyPair> {
  const issuer = new X509Certificate(authority.certificate);
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: nameOf(request),
    issuer: issuer.subjectName,
    notBefore: request.notBefore,
    notAfter: request.notAfter < issuer.notAfter ? request.notAfter : issuer.notAfter,
    signingAlgorithm: SIGNATURE_ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(
        request.usages.map((usage) =>
          usage === 'server' ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth,
        ),
      ),
      ...alternativeNames(request),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await privateKeyPem(keys.privateKey) };
}

/** A new key and a PKCS #10 request for a certificate of it, both PEM. */
export async function certificateSigningRequest(
  subject: Subject,
): Promise<{ readonly request: string; readonly key: string }> {
  const keys = await generateKeys();
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: nameOf(subject),
    keys,
    signingAlgorithm: SIGNATURE_ALGORITHM,
  });
  return { request: request.toString('pem'), key: await privateKeyPem(keys.privateKey) };
}

/** 126 random bits as a positive integer (RFC 5280 section 4.1.2.2 allows 20 octets and wants them unique for each CA). */
export function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes.readUInt8(0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function nameOf({ commonName, organization }: Subject): JsonName {
  return [...(organization === undefined ? [] : [{ O: [organization] }]), { CN: [commonName] }];
}

function alternativeNames({ dnsNames = [], addresses = [] }: CertificateRequest) {
  const names: JsonGeneralName[] = [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...addresses.map((value) => ({ type: 'ip' as const, value })),
  ];
  return names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)];
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), KEY_ALGORITHM, false, [
    'sign',
  ]);
}
