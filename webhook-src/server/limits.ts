/** The limits of a single review, and the message for a pod that exceeds one, in the webhook and in `secure-ai explain`. */
import { SandboxError, type Problem } from '../../base/errors';
import { WEBHOOK_ERRORS } from '../errors';
import { BODY_CAP_BYTES } from './memory';
import type { ReviewHead } from './places';
import { COST_CAP, createReviewScan, DEPTH_CAP, type ReviewScan } from './structure';

/** Time limit of one review in the worker; API servers wait 3 s as configured. */
export const TIME_LIMIT_MS = 2_500;

const SPLIT =
  'split it into several pods, or move environment variables, annotations and other data to ConfigMaps or volumes';

interface Limit {
  readonly reason: (found: number) => string;
  readonly fix: string;
}

const LIMITS = {
  bytes: {
    reason: (found) =>
      `its review has ${found} bytes, more than the ${BODY_CAP_BYTES} that the webhook reads`,
    fix: 'move data out of the pod to ConfigMaps, Secrets or volumes',
  },
  depth: {
    reason: (found) => `it nests ${found} levels deep, more than the limit of ${DEPTH_CAP}`,
    fix: 'remove the deeply nested field; no field of a pod nests that deep',
  },
  cost: {
    reason: (found) =>
      `it costs ${found} units to evaluate, more than the limit of ${COST_CAP} ` +
      '(40 for each container, 10 for each label, annotation and resource quantity, 1 to 3 for every other value)',
    fix: SPLIT,
  },
  time: {
    reason: (found) => `evaluating it takes more than the limit of ${found} ms`,
    fix: `${SPLIT}; or give the webhook more CPU (webhook.resources.requests.cpu)`,
  },
  memory: {
    reason: (found) => `evaluating it takes more memory than the limit of ${found} MiB`,
    fix: SPLIT,
  },
} as const satisfies Record<string, Limit>;

/** A limit that was exceeded, and the value found: for `time` and `memory`, the limit itself. */
export interface Exceeded {
  readonly limit: keyof typeof LIMITS;
  readonly found: number;
}

/** Maximum characters shown of a namespace or name; Kubernetes allows 253. */
const NAME_LIMIT = 256;

function limitProblem({ limit, found }: Exceeded, head: Readonly<ReviewHead>): Problem {
  const { reason, fix } = LIMITS[limit];
  return { path: `Pod ${podOf(head)}`, reason: reason(found), fix };
}

/** The message that `secure-ai explain` also prints. */
export function limitMessage(exceeded: Exceeded, head: Readonly<ReviewHead>): string {
  return new SandboxError(WEBHOOK_ERRORS.POD_TOO_LARGE, [limitProblem(exceeded, head)]).message;
}

/** `namespace/name`, or `namespace/generateName*` while the pod has no name. */
function podOf({ namespace = '', name, podName, generateName = '' }: ReviewHead): string {
  const known = [name, podName].find((text) => text !== undefined && text !== '');
  const shown = (text: string): string => text.slice(0, NAME_LIMIT);
  return `${shown(namespace)}/${shown(known ?? `${generateName}*`)}`;
}

/**
 * The cap that the review of a pod would exceed, counted as the webhook counts it.
 * @param pod as in a manifest, without what the API server adds (defaults, the token's volume)
 */
export function limitOfPod(pod: unknown, namespace: string): Problem | undefined {
  const body = Buffer.from(JSON.stringify({ apiVersion: '', request: { namespace, object: pod } }));
  const scan = createReviewScan();
  scan.feed(body, () => undefined);
  const exceeded = exceededBy(scan, body.length);
  return exceeded && limitProblem(exceeded, scan.head);
}

/** The cap that a review exceeds with this size, depth and cost. */
export function exceededBy({ cost, depth }: ReviewScan, bytes: number): Exceeded | undefined {
  if (bytes > BODY_CAP_BYTES) return { limit: 'bytes', found: bytes };
  if (depth > DEPTH_CAP) return { limit: 'depth', found: depth };
  return cost > COST_CAP ? { limit: 'cost', found: cost } : undefined;
}
