/**
 * Every refusal of a request before a review is answered, as data. README.md has this table, and a test keeps both equal.
 * Under `failurePolicy: Fail` the API server turns each into "pod not created": refusing is failing closed.
 */

export interface Refusal {
  readonly status: number;
  /** metav1.StatusReason, shown by the API server (apimachinery pkg/apis/meta/v1/types.go). */
  readonly reason: string;
  readonly message: string;
  /**
   * Seconds until a retry. client-go retries by itself, up to 10 times within the webhook's timeout, if a 429 or 5xx
   * carries `Retry-After` (client-go v0.36.3 rest/with_retry.go, checkWait).
   */
  readonly retryAfterSeconds?: number;
}

export const REFUSALS = {
  path_unknown: { status: 404, reason: 'NotFound', message: 'only /v1/mutate is served here' },
  method_not_allowed: {
    status: 405,
    reason: 'MethodNotAllowed',
    message: 'only POST is served here',
  },
  http_version: { status: 505, reason: 'BadRequest', message: 'HTTP/1.1 is required' },
  content_type: {
    status: 415,
    reason: 'UnsupportedMediaType',
    message: 'the content type must be application/json',
  },
  content_encoding: {
    status: 415,
    reason: 'UnsupportedMediaType',
    message: 'the body must not be compressed',
  },
  client_unknown: {
    status: 403,
    reason: 'Forbidden',
    message: 'the client certificate is missing, not trusted, or of another name',
  },
  body_too_large: {
    status: 413,
    reason: 'RequestEntityTooLarge',
    message: 'the body exceeds 7 MiB',
  },
  too_deep: {
    status: 413,
    reason: 'RequestEntityTooLarge',
    message: 'the body nests more than 64 levels',
  },
  too_costly: {
    status: 413,
    reason: 'RequestEntityTooLarge',
    message: 'the body costs more than 400000 units to evaluate',
  },
  not_json: { status: 400, reason: 'BadRequest', message: 'the body is not JSON' },
  not_a_review: {
    status: 400,
    reason: 'BadRequest',
    message: 'the body is not an AdmissionReview that can be answered',
  },
  overloaded: {
    status: 503,
    reason: 'ServiceUnavailable',
    message: 'too many bytes are waiting to be read',
    retryAfterSeconds: 1,
  },
  not_ready: {
    status: 503,
    reason: 'ServiceUnavailable',
    message: 'no policy is loaded yet',
    retryAfterSeconds: 1,
  },
  stopping: {
    status: 503,
    reason: 'ServiceUnavailable',
    message: 'this replica is stopping',
    retryAfterSeconds: 1,
  },
  internal_error: {
    status: 500,
    reason: 'InternalError',
    message: 'internal error; the log has the cause',
  },
} as const satisfies Record<string, Refusal>;

export type RefusalCode = keyof typeof REFUSALS;

/**
 * A metav1.Status: the form of an API server's own errors, so that its client shows the message instead of "an error on the server".
 */
export function statusBody(code: RefusalCode, detail = ''): string {
  const { status, reason, message } = REFUSALS[code];
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason,
    message: detail === '' ? message : `${message}: ${detail}`,
    code: status,
  });
}
