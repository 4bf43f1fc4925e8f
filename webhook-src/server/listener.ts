/** Answers requests: refuses those that are not reviews, passes the others on, and records them in metrics and log. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { MUTATOR } from '../../base/names';
import { bounded, type Log } from '../../programs/telemetry/log';
import type { Enforcement } from '../../policy/model/runtime-policy';
import type { WorkerVerdict } from './worker';
import { readBody, type ReceivedBody } from './body';
import { createChunkPool } from './chunks';
import type { PodReview } from './review-pod';
import { limitMessage, type Exceeded } from './limits';
import { POOL_SIZE } from './memory';
import { countDecision, TOO_LARGE, type Metrics } from './metrics';
import type { ReviewHead } from './places';
import { REFUSALS, statusBody, type Refusal, type RefusalCode } from './refusals';
import { asideOfLimit, isSoft } from './previews';
import { admitted, denied, readFromHead } from './review';

/**
 * `serving`; `draining`: answers as before and asks every client to reconnect; `stopping`: refuses new reviews. See lifecycle.ts.
 */
export type Phase = 'serving' | 'draining' | 'stopping';

export type Reviewed = WorkerVerdict | { readonly refused: 'not_ready'; readonly detail: string };

export interface Admission {
  readonly phase: () => Phase;
  /** Reviews a body, in this thread or in a worker; throws or rejects if that fails. */
  readonly review: (body: ReceivedBody) => Reviewed | Promise<Reviewed>;
  /** How the policy is enforced in a namespace. */
  readonly enforcementOf: (namespace: string) => Enforcement;
  /** Whether reviews from the client of a connection are answered. */
  readonly isAllowedClient: (socket: TLSSocket) => boolean;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Bytes of a refused body that are still read, so that a client which is still sending reads the answer (RFC 9112 section 9.6). */
const LINGER_BYTES = 8 * 1024 * 1024;

/** Logged characters of a refusal's detail. */
const LOGGED_DETAIL_LIMIT = 256;

/** Refusal of a body that exceeds a limit and whose uid is unknown. */
const UNANSWERABLE: Readonly<Record<Exceeded['limit'], RefusalCode>> = {
  bytes: 'body_too_large',
  depth: 'too_deep',
  cost: 'too_costly',
  time: 'too_costly',
  memory: 'too_costly',
};

export function createListener(
  admission: Admission,
): (request: IncomingMessage, response: ServerResponse) => void {
  const pool = createChunkPool(POOL_SIZE);

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = performance.now();
    const early = refusedByHead(request, admission);
    if (early !== undefined) return refuse(request, response, early);
    const body = await readBody(request, pool);
    if ('aborted' in body) return void admission.metrics.connectionErrors.inc({ kind: 'aborted' });
    if ('refused' in body) return refuse(request, response, body.refused);
    if ('exceeded' in body) return answerUnread(request, response, body.exceeded, body.head);
    const reviewed = await reviewOnce(body);
    if ('refused' in reviewed) return refuse(request, response, reviewed.refused, reviewed.detail);
    if ('exceeded' in reviewed)
      return answerUnread(request, response, reviewed.exceeded, body.head);
    if (admission.phase() !== 'serving') response.shouldKeepAlive = false;
    send(response, 200, reviewed.body);
    record(reviewed, performance.now() - startedMs, admission);
  }

  async function reviewOnce(body: ReceivedBody): Promise<Reviewed> {
    try {
      return await admission.review(body);
    } finally {
      body.release();
    }
  }

  /**
   * Denies a review that exceeds a limit, or admits it where the policy is not enforced in its namespace; refuses it if too little was
   * read for an answer.
   */
  function answerUnread(
    request: IncomingMessage,
    response: ServerResponse,
    exceeded: Exceeded,
    head: Readonly<ReviewHead>,
  ): void {
    const message = limitMessage(exceeded, head);
    const review = readFromHead(head);
    if (review === undefined) return refuse(request, response, UNANSWERABLE[exceeded.limit]);
    // Without a namespace nothing says that the policy is not enforced.
    const { namespace } = head;
    const enforcement = namespace === undefined ? 'deny' : admission.enforcementOf(namespace);
    const body = isSoft(enforcement)
      ? admitted(review, [], asideOfLimit(enforcement, message))
      : denied(review, { code: 403, reason: 'Forbidden', message });
    admission.metrics.requests.inc({ outcome: TOO_LARGE });
    const said = isSoft(enforcement) ? 'review admitted unread' : 'review denied';
    admission.log.warn({ ...exceeded, uid: head.uid, enforcement, message }, said);
    if (!request.readableEnded || admission.phase() !== 'serving') response.shouldKeepAlive = false;
    send(response, 200, body, request);
  }

  function refuse(
    request: IncomingMessage,
    response: ServerResponse,
    code: RefusalCode,
    detail = '',
  ): void {
    admission.metrics.requests.inc({ outcome: code });
    admission.log.warn(
      { refusal: code, detail: bounded(detail, LOGGED_DETAIL_LIMIT) },
      'request refused',
    );
    const { status, retryAfterSeconds }: Refusal = REFUSALS[code];
    response.shouldKeepAlive = false;
    if (status === 405) response.setHeader('allow', 'POST');
    if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
    send(response, status, statusBody(code, detail), request);
  }

  return (request, response) => {
    handle(request, response).catch((error: unknown) => {
      admission.log.error({ err: error }, 'request failed');
      if (response.headersSent) response.destroy();
      else refuse(request, response, 'internal_error');
    });
  };
}

function refusedByHead(request: IncomingMessage, admission: Admission): RefusalCode | undefined {
  const { headers, httpVersion, method, url = '' } = request;
  if (httpVersion !== '1.1') return 'http_version';
  // The API server appends ?timeout=… (apiserver v0.36.3 pkg/admission/plugin/webhook/mutating/dispatcher.go).
  if (url.split('?', 1)[0] !== MUTATOR.path) return 'path_unknown';
  if (method !== 'POST') return 'method_not_allowed';
  if (!admission.isAllowedClient(request.socket as TLSSocket)) return 'client_unknown';
  if (admission.phase() === 'stopping') return 'stopping';
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) return 'content_type';
  if (!/^(identity)?$/i.test(headers['content-encoding'] ?? '')) return 'content_encoding';
  return undefined;
}

/** Sends the answer. Reads the rest of an unfinished request before it closes the connection. */
function send(
  response: ServerResponse,
  status: number,
  body: string,
  unfinished?: IncomingMessage,
): void {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, headers);
  if (unfinished === undefined || unfinished.readableEnded || unfinished.destroyed) {
    response.end(body);
    return;
  }
  response.write(body);
  let leftBytes = LINGER_BYTES;
  unfinished.on('data', (piece: Buffer) => {
    leftBytes -= piece.length;
    if (leftBytes < 0) response.end();
  });
  unfinished.once('end', () => response.end());
  unfinished.resume();
}

function record(
  { outcome, logFields }: PodReview,
  durationMs: number,
  { metrics, log }: Admission,
): void {
  metrics.requests.inc({ outcome });
  metrics.duration.observe(durationMs / 1000);
  if (logFields === undefined) return;
  countDecision(metrics, logFields);
  log.info({ ...logFields, durationMs: Math.round(durationMs * 1000) / 1000 }, outcome);
}
