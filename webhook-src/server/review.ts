/**
 * The AdmissionReview envelope: a hand-written guard and the answers. Unknown fields are ignored, so that a newer API
 * server is understood. Source: k8s.io/api v0.36.3 admission/v1/types.go.
 */
import { textOf } from '../../policy/decision/validate';
import type { Denial, PatchOperation } from '../../policy/decision/decision';
import { memberOf, stringOf } from '../../base/untrusted';
import { bounded } from '../../programs/telemetry/log';
import type { ReviewHead } from './places';

/** `admissionReviewVersions` of the configuration decides which of the two is sent; members and meaning are the same. */
const API_VERSIONS = ['admission.k8s.io/v1', 'admission.k8s.io/v1beta1'] as const;

/** Maximum characters of a uid; API servers generate one of 36 (apiserver pkg/admission/plugin/webhook/request/admissionreview.go). */
const UID_LIMIT = 256;

export interface Review {
  readonly apiVersion: (typeof API_VERSIONS)[number];
  readonly uid: string;
  readonly operation: string;
  /** Group, version and resource the webhook is registered for; `matchPolicy: Equivalent` converts to it. */
  readonly resource: {
    readonly group: string;
    readonly version: string;
    readonly resource: string;
  };
  readonly subResource: string;
  readonly namespace: string;
  readonly object: unknown;
}

/** A body without an answerable review: an answer needs the review's uid. */
export interface Unreadable {
  readonly refused: 'not_json' | 'not_a_review';
  readonly detail: string;
}

export function parseReview(text: string): Review | Unreadable {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { refused: 'not_json', detail: '' };
  }
  const read = readReview(value);
  return typeof read === 'string' ? { refused: 'not_a_review', detail: read } : read;
}

/** The review in a parsed body, or why it is not one. */
function readReview(value: unknown): Review | string {
  const apiVersion = API_VERSIONS.find((known) => known === memberOf(value, 'apiVersion'));
  if (apiVersion === undefined) return `apiVersion is not one of ${API_VERSIONS.join(', ')}`;
  if (memberOf(value, 'kind') !== 'AdmissionReview') return 'kind is not AdmissionReview';
  const request = memberOf(value, 'request');
  const uid = stringOf(memberOf(request, 'uid')) ?? '';
  if (uid === '') return 'request.uid is not a non-empty string';
  const operation = stringOf(memberOf(request, 'operation')) ?? '';
  if (operation === '') return 'request.operation is not a non-empty string';
  const resource = readResource(memberOf(request, 'resource'));
  if (resource === undefined) return 'request.resource does not name group, version and resource';
  const subResource = stringOf(memberOf(request, 'subResource') ?? '');
  if (subResource === undefined) return 'request.subResource is not a string';
  const namespace = stringOf(memberOf(request, 'namespace') ?? '');
  if (namespace === undefined) return 'request.namespace is not a string';
  return {
    apiVersion,
    uid,
    operation,
    resource,
    subResource,
    namespace,
    object: memberOf(request, 'object'),
  };
}

function readResource(value: unknown): Review['resource'] | undefined {
  const group = stringOf(memberOf(value, 'group'));
  const version = stringOf(memberOf(value, 'version'));
  const resource = stringOf(memberOf(value, 'resource'));
  return group === undefined || version === undefined || resource === undefined
    ? undefined
    : { group, version, resource };
}

/** Whether this webhook changes the object of the review: the creation of a pod itself, not of a subresource. */
export function isPodCreation({ operation, resource, subResource }: Review): boolean {
  return (
    operation === 'CREATE' &&
    resource.group === '' &&
    resource.version === 'v1' &&
    resource.resource === 'pods' &&
    subResource === ''
  );
}

/** What an answer must name of its review. */
type Answered = Pick<Review, 'apiVersion' | 'uid'>;

/**
 * What goes with an answer without being part of the decision. The API server sends warnings to its client, also beside a denial, each
 * text once, and drops one with a control character. It writes annotations to its audit log, with the name of the webhook and a slash before the key
 * (apiserver v0.36.3 pkg/admission/plugin/webhook/mutating/dispatcher.go, pkg/endpoints/filters/warning.go).
 */
export interface Aside {
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

const NOTHING_ASIDE: Aside = { warnings: [], auditAnnotations: {} };

/** The body of an answer that admits the object, with a patch if one is needed. patch and patchType come together or not at all. */
export function admitted(
  review: Answered,
  patch: readonly PatchOperation[],
  aside: Aside = NOTHING_ASIDE,
): string {
  return envelope(review, aside, {
    uid: review.uid,
    allowed: true,
    ...(patch.length > 0 && {
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
      patchType: 'JSONPatch',
    }),
  });
}

/**
 * Why an object is denied, as the members of a `metav1.Status`. The API server puts `admission webhook "…" denied the request: `
 * before the message and hands everything else to its client unchanged (apiserver v0.36.3
 * pkg/admission/plugin/webhook/errors/statuserror.go, ToStatusErr).
 */
interface DenialStatus {
  /** HTTP status. */
  readonly code: number;
  /** metav1.StatusReason that goes with the code. */
  readonly reason: string;
  readonly message: string;
  /** For programs. */
  readonly causes?: readonly { readonly reason: string; readonly message: string }[];
}

/**
 * The body of an answer that denies the object. Not a 4xx of the webhook itself: under `failurePolicy: Ignore` that would admit the
 * object, a denial never does.
 */
export function denied(
  review: Answered,
  { causes, ...status }: DenialStatus,
  aside: Aside = NOTHING_ASIDE,
): string {
  return envelope(review, aside, {
    uid: review.uid,
    allowed: false,
    status: { status: 'Failure', ...status, ...(causes && { details: { causes } }) },
  });
}

/** What an answer names of a review that was not read to its end, or undefined if the part that was read is not enough for one. */
export function readFromHead(head: Readonly<ReviewHead>): Answered | undefined {
  const apiVersion = API_VERSIONS.find((known) => known === head.apiVersion);
  const { uid = '' } = head;
  if (apiVersion === undefined || uid === '' || uid.length > UID_LIMIT) return undefined;
  return { apiVersion, uid };
}

/** Maximum characters of one denial: enough for five annotation keys of maximum length (317) and the longest pod name. */
const MESSAGE_LIMIT = 2048;

/** Maximum number of denials in a status; a policy may hold any number of requirements, each with its own denial. */
const DENIALS_LIMIT = 16;

/** Every denial of a policy as one status: a line `CODE: message` each, and the same as causes. */
export function deniedByPolicy(denials: readonly Denial[]): DenialStatus {
  const causes = denials
    .slice(0, DENIALS_LIMIT)
    .map((denial) => ({ reason: denial.code, message: printable(textOf(denial), MESSAGE_LIMIT) }));
  const lines = causes.map(({ reason, message }) => `${reason}: ${message}`);
  const omitted = denials.length - causes.length;
  const more = omitted === 0 ? [] : [`and ${omitted} more`];
  return { code: 403, reason: 'Forbidden', message: [...lines, ...more].join('\n'), causes };
}

function envelope(
  { apiVersion }: Answered,
  { warnings, auditAnnotations }: Aside,
  answer: Readonly<Record<string, unknown>>,
): string {
  const response = {
    ...answer,
    ...(warnings.length > 0 && { warnings }),
    ...(Object.keys(auditAnnotations).length > 0 && { auditAnnotations }),
  };
  return JSON.stringify({ apiVersion, kind: 'AdmissionReview', response });
}

/**
 * The pod has not been validated yet, so a message may quote anything. Control characters could forge lines, bidirectional ones
 * could mislead the reader, and half a surrogate pair is no character: none of them is sent.
 */
export function printable(text: string, limit: number): string {
  return bounded(text, limit).replace(/\p{C}/gu, '\u{FFFD}');
}
