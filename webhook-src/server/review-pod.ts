/** Answers the bytes of a review; the only place where the server calls the policy. */
import type { Decider } from '../../policy/decision/decide';
import type { DenialCode, Source } from '../../policy/decision/decision';
import { displayNameOf } from '../../policy/pod/pod';
import { objectOf } from '../../base/untrusted';
import { bounded } from '../../programs/telemetry/log';
import {
  admitted,
  denied,
  deniedByPolicy,
  isPodCreation,
  parseReview,
  type Unreadable,
} from './review';

/**
 * `untouched`: not a new pod; `unchanged`: a new pod that needs no patch; `denied`: a new pod that the policy refuses;
 * `unreadable`: denied, because it is not a pod.
 */
export const OUTCOMES = ['patched', 'unchanged', 'denied', 'untouched', 'unreadable'] as const;

/** An answered review. Plain data, so that it can pass between threads. */
export interface PodReview {
  readonly outcome: (typeof OUTCOMES)[number];
  /** Body of the answer. */
  readonly body: string;
  /** For log and metrics; undefined if the object is not a new pod. */
  readonly logFields: LogFields | undefined;
}

/** Values that a client chooses are truncated, and only the name of the pod is logged. */
interface LogFields {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly runtime: string;
  readonly source: Source;
  readonly rules: readonly string[];
  /** Codes of the denials, each once; empty if the pod is admitted. */
  readonly codes: readonly DenialCode[];
}

export type Verdict = PodReview | Unreadable;

/** Maximum logged characters of a string, and maximum logged rules. */
const LOGGED_TEXT_LIMIT = 256;
const LOGGED_RULES_LIMIT = 16;

/**
 * Admits a new pod only if the patched pod passes validation, and otherwise denies it without a patch. Gatekeeper decides
 * independently, and neither relies on the other. The pod is reviewed as it is now, and again under `reinvocationPolicy: IfNeeded` when
 * later webhooks have changed it. So a pod that only a later webhook would make acceptable is denied, which fails closed.
 */
export function reviewPod(body: Buffer, decider: Decider): Verdict {
  const review = parseReview(body.toString('utf8'));
  if ('refused' in review) return review;
  if (!isPodCreation(review)) {
    return {
      outcome: 'untouched',
      body: admitted(review, []),
      logFields: undefined,
    };
  }
  if (objectOf(review.object) === undefined) {
    return {
      outcome: 'unreadable',
      body: denied(review, {
        code: 400,
        reason: 'BadRequest',
        message: 'request.object is not a pod',
      }),
      logFields: undefined,
    };
  }
  const { selection, patch, denials } = decider.decide(review.object, {
    namespace: review.namespace,
  });
  const isDenied = denials.length > 0;
  return {
    outcome: isDenied ? 'denied' : patch.length > 0 ? 'patched' : 'unchanged',
    body: isDenied ? denied(review, deniedByPolicy(denials)) : admitted(review, patch),
    logFields: {
      uid: bounded(review.uid, LOGGED_TEXT_LIMIT),
      namespace: bounded(review.namespace, LOGGED_TEXT_LIMIT),
      name: bounded(displayNameOf(review.object), LOGGED_TEXT_LIMIT),
      runtime: selection.runtime?.name ?? 'none',
      source: selection.source,
      rules: selection.rules.slice(0, LOGGED_RULES_LIMIT),
      codes: [...new Set(denials.map(({ code }) => code))],
    },
  };
}
