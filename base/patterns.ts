/**
 * What Kubernetes and container registries accept as a name: expressions that match the whole string, and the maximum lengths.
 * Sources: apimachinery v0.36.3, pkg/api/validate/content (dns.go, kube.go); github.com/distribution/reference v0.6.0, regexp.go.
 * A name that only one folder restricts, such as that of a local cluster, has its expression in that folder.
 */

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const name = '[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?';
/** `name` of up to 63 characters. */
const shortName = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';

/** In characters, where the expression itself does not limit them. */
export const MAX_LENGTHS = {
  dnsLabel: 63,
  dnsSubdomain: 253,
  qualifiedName: 63,
  labelValue: 63,
  /** A DNS subdomain, a slash and a qualified name. */
  labelKey: 317,
} as const;

/** DNS label of RFC 1123 (dns1123LabelFmt): the name of a namespace or container, the handler of a RuntimeClass. */
export const DNS_LABEL = new RegExp(`^${label}$`);

/** DNS subdomain of RFC 1123 (dns1123SubdomainFmt): the name of most objects. */
export const DNS_SUBDOMAIN = new RegExp(`^${subdomain}$`);

/** Qualified name without a prefix (labelKeyFmt). A non-empty label value has the same form. */
export const QUALIFIED_NAME = new RegExp(`^${name}$`);

/** Label value (labelValueFmt), which may be empty. */
export const LABEL_VALUE = new RegExp(`^(${name})?$`);

/** Key of a label (IsLabelKey): a qualified name that a DNS subdomain and a slash may precede. Only the name's length is limited. */
export const LABEL_KEY = new RegExp(`^(${subdomain}/)?${shortName}$`);

/** Tag of an image, of up to 128 characters (`tag`). policy/pod/image.ts reads the tags of pods, without expressions. */
export const IMAGE_TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** Digest of an image, by SHA-256 alone. policy/pod/image.ts reads the digests of pods, which may be longer ones. */
export const SHA256_DIGEST = /^sha256:[0-9a-f]{64}$/;
