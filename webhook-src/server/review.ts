/**
 * The AdmissionReview envelope: a hand-written guard and the answers. Members nobody reads pass unlooked at, so that a newer API
 * server is understood. Source: k8s.io/api v0.36.3 admission/v1/types.go.
 */
import type { PatchOperation } from '../../policy/decision';
import { memberOf, textOf } from '../../policy/untrusted';
import { bounded } from '../telemetry/log';
import type { ReviewHead } from './places';

/** Which of the two is sent is the configuration's `admissionReviewVersions`; members and meaning are the same. */
const API_VERSIONS = ['admission.k8s.io/v1', 'admission.k8s.io/v1beta1'] as const;

/** Characters of a uid; API servers make one of 36 (apiserver pkg/admission/plugin/webhook/request/admissionreview.go). */
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

/** A body that holds no review that can be answered: without its uid there is nothing to answer to. */
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

/** The review in a parsed body, or why it is none. */
function readReview(value: unknown): Review | string {
  const apiVersion = API_VERSIONS.find((known) => known === memberOf(value, 'apiVersion'));
  if (apiVersion === undefined) return `apiVersion is not one of ${API_VERSIONS.join(', ')}`;
  if (memberOf(value, 'kind') !== 'AdmissionReview') return 'kind is not AdmissionReview';
  const request = memberOf(value, 'request');
  const uid = textOf(memberOf(request, 'uid')) ?? '';
  if (uid === '') return 'request.uid is not a text';
  const operation = textOf(memberOf(request, 'operation')) ?? '';
  if (operation === '') return 'request.operation is not a text';
  const resource = readResource(memberOf(request, 'resource'));
  if (resource === undefined) return 'request.resource does not name group, version and resource';
  const subResource = textOf(memberOf(request, 'subResource') ?? '');
  if (subResource === undefined) return 'request.subResource is not a text';
  const namespace = textOf(memberOf(request, 'namespace') ?? '');
  if (namespace === undefined) return 'request.namespace is not a text';
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
  const group = textOf(memberOf(value, 'group'));
  const version = textOf(memberOf(value, 'version'));
  const resource = textOf(memberOf(value, 'resource'));
  return group === undefined || version === undefined || resource === undefined
    ? undefined
    : { group, version, resource };
}

/** Whether the review is what this webhook changes: creation of a pod itself, not of a subresource of one. */
export function isPodCreation({ operation, resource, subResource }: Review): boolean {
  return (
    operation === 'CREATE' &&
    resource.group === '' &&
    resource.version === 'v1' &&
    resource.resource === 'pods' &&
    subResource === ''
  );
}

/** Kubernetes may cut single warnings above 256 characters and the sum above 4096 (apiserver pkg/endpoints/filters/warning.go). */
const WARNING_LIMIT = 256;
const WARNINGS_LIMIT = 16;

export interface Answer {
  readonly patch: readonly PatchOperation[];
  readonly warnings: readonly string[];
}

/** The body of an answer that admits the object, with a patch where there is one: patch and patchType come together or not at all. */
export function admitted(review: Review, { patch, warnings }: Answer): string {
  const response: Record<string, unknown> = { uid: review.uid, allowed: true };
  if (patch.length > 0) {
    response['patch'] = Buffer.from(JSON.stringify(patch)).toString('base64');
    response['patchType'] = 'JSONPatch';
  }
  if (warnings.length > 0) response['warnings'] = warnings.slice(0, WARNINGS_LIMIT).map(headerSafe);
  return envelope(review, response);
}

/**
 * The body of an answer that denies because the object cannot be read. Not a 4xx: under `failurePolicy: Ignore` that would let the
 * object pass, a denial never does.
 */
export function denied(review: Review, message: string): string {
  return envelope(review, {
    uid: review.uid,
    allowed: false,
    status: { status: 'Failure', reason: 'BadRequest', code: 400, message },
  });
}

/**
 * The body of an answer that denies a review that was not read to its end, or undefined where what was read of it does not suffice for
 * an answer.
 */
export function deniedUnread(head: Readonly<ReviewHead>, message: string): string | undefined {
  const apiVersion = API_VERSIONS.find((known) => known === head.apiVersion);
  const { uid = '' } = head;
  if (apiVersion === undefined || uid === '' || uid.length > UID_LIMIT) return undefined;
  return envelope(
    { apiVersion },
    {
      uid,
      allowed: false,
      status: { status: 'Failure', reason: 'Forbidden', code: 403, message },
    },
  );
}

function envelope(
  { apiVersion }: Pick<Review, 'apiVersion'>,
  response: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({ apiVersion, kind: 'AdmissionReview', response });
}

/** Warnings travel in an HTTP header (RFC 7234 section 5.5): control characters are refused there, and those
 * that turn text around would mislead whoever reads it, so neither is sent. */
function headerSafe(text: string): string {
  return bounded(text, WARNING_LIMIT).replace(/\p{C}/gu, '\u{FFFD}');
}
