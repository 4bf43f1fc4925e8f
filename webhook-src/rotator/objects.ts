/** Reads and writes the three objects that the rotator maintains. */
import { memberOf, elementsOf, stringOf } from '../../base/untrusted';
import type { Api } from '../../programs/in-cluster-api';

/** The parts of a Secret that are read: its version, and its decoded values. */
export interface SecretState {
  readonly resourceVersion: string;
  readonly values: ReadonlyMap<string, string>;
}

/** The parts of the webhook configuration that are read. */
export interface ConfigurationState {
  readonly resourceVersion: string;
  /** For each webhook that calls the service: its name and the PEM bundle it trusts now. */
  readonly webhooks: readonly { readonly name: string; readonly trusted: string }[];
}

export interface SecretName {
  readonly namespace: string;
  readonly name: string;
  readonly type: 'kubernetes.io/tls' | 'Opaque';
}

/**
 * The Secret, created without content if it does not exist. Creating and filling are two steps, so that of two rotators that both
 * find nothing only one can fill it: the skeleton is the same for every replica, and filling names the version it was read in.
 */
export async function readOrCreateSecret(api: Api, secret: SecretName): Promise<SecretState> {
  const path = secretPath(secret);
  const found =
    (await api.get(path)) ??
    (await api.patch(path, 'application/apply-patch+yaml', skeleton(secret)));
  const data = memberOf(found, 'data');
  const values = new Map<string, string>();
  for (const key of Object.keys(data ?? {})) {
    values.set(key, Buffer.from(stringOf(memberOf(data, key)) ?? '', 'base64').toString('utf8'));
  }
  return { resourceVersion: resourceVersionOf(found), values };
}

function skeleton({ namespace, name, type }: SecretName): unknown {
  // The API server requires both keys in a TLS Secret, empty or not (kubernetes pkg/apis/core/validation, ValidateSecret).
  const data = type === 'kubernetes.io/tls' ? { 'tls.crt': '', 'tls.key': '' } : {};
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, type, data };
}

/** Sets the given values, removes undefined ones, and sends nothing if nothing differs. */
export async function writeSecret(
  api: Api,
  secret: SecretName,
  state: SecretState,
  values: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const differing = Object.entries(values).filter(
    ([key, value]) => state.values.get(key) !== value,
  );
  if (differing.length === 0) return;
  const data = differing.map(([key, value]) => [key, value === undefined ? null : base64(value)]);
  await api.patch(secretPath(secret), 'application/merge-patch+json', {
    metadata: { resourceVersion: state.resourceVersion },
    data: Object.fromEntries(data) as unknown,
  });
}

/** The configuration, or undefined if it does not exist or none of its webhooks calls the service. */
export async function readConfiguration(
  api: Api,
  name: string,
  service: { readonly namespace: string; readonly name: string },
): Promise<ConfigurationState | undefined> {
  const found = await api.get(configurationPath(name));
  if (found === undefined) return undefined;
  const webhooks = elementsOf(memberOf(found, 'webhooks')).flatMap((webhook) => {
    const client = memberOf(webhook, 'clientConfig');
    const called = memberOf(client, 'service');
    const ours =
      memberOf(called, 'name') === service.name &&
      memberOf(called, 'namespace') === service.namespace;
    const trusted = Buffer.from(stringOf(memberOf(client, 'caBundle')) ?? '', 'base64').toString(
      'utf8',
    );
    return ours ? [{ name: stringOf(memberOf(webhook, 'name')) ?? '', trusted }] : [];
  });
  return webhooks.length === 0
    ? undefined
    : { resourceVersion: resourceVersionOf(found), webhooks };
}

/** Makes every webhook that calls the service trust `bundle`. Sends nothing if all do. */
export async function writeTrust(
  api: Api,
  name: string,
  state: ConfigurationState,
  bundle: string,
): Promise<boolean> {
  const differing = state.webhooks.filter(({ trusted }) => trusted !== bundle);
  if (differing.length === 0) return false;
  // Webhooks are merged by name (k8s.io/api admissionregistration/v1, patchMergeKey), so their other fields stay untouched.
  await api.patch(configurationPath(name), 'application/strategic-merge-patch+json', {
    metadata: { resourceVersion: state.resourceVersion },
    webhooks: differing.map((webhook) => ({
      name: webhook.name,
      clientConfig: { caBundle: base64(bundle) },
    })),
  });
  return true;
}

function secretPath({ namespace, name }: SecretName): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
}

function configurationPath(name: string): string {
  return `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${encodeURIComponent(name)}`;
}

function resourceVersionOf(object: unknown): string {
  const version = stringOf(memberOf(memberOf(object, 'metadata'), 'resourceVersion'));
  if (version === undefined)
    throw new Error('the API server returned an object without resourceVersion');
  return version;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
