/**
 * One pass: reads the objects, corrects what differs, and reports what it did. A pass that finds everything in order only reads.
 *
 * Two rotators at once are harmless. Every write names the version that was read, and is refused with 409 if another has written
 * since; the pass then ends, and the next one starts from the other's result. The configuration is read before the CAs, so that
 * its version also guards against a trust bundle made from CAs that have changed since.
 */
import type { Api } from '../../programs/in-cluster-api';
import {
  isIssuedBy,
  nextStep,
  trustBundle,
  unexpired,
  usablePair,
  validity,
  type Authorities,
} from './authority';
import type { AuthorityStep, RotationTimes } from './authority';
import { issueAuthority, issueServing, type Lifetime } from './issue';
import { leafReason, servedLeaf, serviceNames, type LeafReason } from './leaf';
import { readConfiguration, readOrCreateSecret, writeSecret, writeTrust } from './objects';
import type { SecretName, SecretState } from './objects';

export interface RotationTarget {
  readonly namespace: string;
  /** Secret the webhook's pods mount: `ca.crt`, `tls.crt`, `tls.key`. */
  readonly secret: string;
  /** Secret with the CAs and their keys, which no pod mounts. */
  readonly caSecret: string;
  readonly webhookConfiguration: string;
  readonly service: string;
}

export interface PassReport {
  readonly authority: AuthorityStep;
  /** Why a new serving certificate was issued, or undefined if the existing one stays. */
  readonly leaf: LeafReason | undefined;
  /** `absent`: no webhook calls the service (yet). This is no error, because the configuration is deployed last. */
  readonly trust: 'written' | 'kept' | 'absent';
  readonly caNotAfterMs: number;
  readonly leafNotAfterMs: number;
}

/** @throws ApiError with status 409 when another rotator was faster, or another status when a request was refused */
export async function rotate(
  api: Api,
  target: RotationTarget,
  times: RotationTimes,
  nowMs: number,
): Promise<PassReport> {
  const service = { namespace: target.namespace, name: target.service };
  const caSecret: SecretName = {
    namespace: target.namespace,
    name: target.caSecret,
    type: 'Opaque',
  };
  const leafSecret: SecretName = {
    namespace: target.namespace,
    name: target.secret,
    type: 'kubernetes.io/tls',
  };

  const configuration = await readConfiguration(api, target.webhookConfiguration, service);
  const caState = await readOrCreateSecret(api, caSecret);
  const leafState = await readOrCreateSecret(api, leafSecret);

  const found = readAuthorities(caState, leafState, nowMs);
  const served = servedLeaf(leafState, found, nowMs);
  const trusted = configuration?.webhooks.map((webhook) => webhook.trusted);
  const step = nextStep(found, { leaf: served?.certificate, trusted }, times, nowMs);
  const authorities = await take(step, found, target.service, {
    nowMs,
    lifetimeMs: times.caLifetimeMs,
  });
  await writeSecret(api, caSecret, caState, authorityValues(authorities));

  const bundle = trustBundle(authorities);
  const written =
    configuration !== undefined &&
    (await writeTrust(api, target.webhookConfiguration, configuration, bundle));

  const names = serviceNames(service);
  const reason = leafReason(served, authorities.signing, names, nowMs);
  const leaf =
    reason === undefined || authorities.signing === undefined
      ? served
      : await issueServing(authorities.signing, names, { nowMs, lifetimeMs: times.leafLifetimeMs });
  const authority = authorities.signing ?? authorities.next;
  if (leaf === undefined || authority === undefined)
    throw new Error(`no CA can sign after the step "${step}"`);
  await writeSecret(api, leafSecret, leafState, {
    'ca.crt': bundle,
    'tls.crt': leaf.certificate,
    'tls.key': leaf.key,
  });

  return {
    authority: step,
    leaf: leaf === served ? undefined : reason,
    trust: configuration === undefined ? 'absent' : written ? 'written' : 'kept',
    caNotAfterMs: validity(authority.certificate).toMs,
    leafNotAfterMs: validity(leaf.certificate).toMs,
  };
}

/**
 * The usable CAs. If the CA Secret holds none, the CA that signed the served certificate becomes `previous`, read from
 * the other Secret, so that the pods that serve it stay trusted until they have a new certificate.
 */
function readAuthorities(ca: SecretState, leaf: SecretState, nowMs: number): Authorities {
  const signing = usablePair(ca.values.get('ca.crt'), ca.values.get('ca.key'), nowMs);
  const next = usablePair(ca.values.get('next.crt'), ca.values.get('next.key'), nowMs);
  const lost = signing === undefined && next === undefined;
  const previous = lost ? issuersOf(leaf, nowMs) : unexpired(ca.values.get('previous.crt'), nowMs);
  return {
    ...(signing === undefined ? {} : { signing }),
    ...(next === undefined ? {} : { next }),
    previous,
  };
}

/** Of the CAs beside a usable serving certificate, those that signed it. */
function issuersOf(leaf: SecretState, nowMs: number): readonly string[] {
  const pair = usablePair(leaf.values.get('tls.crt'), leaf.values.get('tls.key'), nowMs);
  if (pair === undefined) return [];
  return unexpired(leaf.values.get('ca.crt'), nowMs).filter((authority) =>
    isIssuedBy(pair.certificate, authority),
  );
}

function authorityValues({
  signing,
  next,
  previous,
}: Authorities): Readonly<Record<string, string | undefined>> {
  return {
    'ca.crt': signing?.certificate,
    'ca.key': signing?.key,
    'next.crt': next?.certificate,
    'next.key': next?.key,
    'previous.crt': previous.length === 0 ? undefined : `${previous.join('\n')}\n`,
  };
}

async function take(
  step: AuthorityStep,
  found: Authorities,
  name: string,
  lifetime: Lifetime,
): Promise<Authorities> {
  const { signing, next, previous } = found;
  switch (step) {
    case 'keep':
      return found;
    case 'create':
      return { signing: await issueAuthority(name, lifetime), previous: [] };
    case 'announce':
      return { ...found, next: await issueAuthority(name, lifetime) };
    case 'promote': {
      if (next === undefined) throw new Error('no CA exists to promote');
      // Only the certificate moves on: without its key the old CA can no longer sign, not even for readers of the Secret.
      return {
        signing: next,
        previous: signing === undefined ? previous : [...previous, signing.certificate.trim()],
      };
    }
    case 'retire':
      return { ...found, previous: [] };
  }
}
