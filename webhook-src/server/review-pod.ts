/** Answers the bytes of a review; the only place where the server calls the policy. */
import type { Decider } from '../../policy/decision/decide';
import type { DenialCode, Source } from '../../policy/decision/decision';
import type { Enforcement } from '../../policy/model/runtime-policy';
import { displayNameOf } from '../../policy/pod/pod';
import { objectOf } from '../../base/untrusted';
import { bounded } from '../../programs/telemetry/log';
import { asideOf, reportedPreview, type ReportedPreview } from './previews';
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
export interface LogFields {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly runtime: string;
  readonly source: Source;
  readonly rules: readonly string[];
  /** Codes of the denials, each once; empty if the pod is admitted. */
  readonly codes: readonly DenialCode[];
  /** Of the namespace. Under `warn` and `audit` nothing is chosen or denied, and `previews` has what `deny` would do. */
  readonly enforcement: Enforcement;
  /** What softer parts of the policy, or the whole of it, would have done. */
  readonly previews: readonly ReportedPreview[];
  /** The pod already carries this very decision: the API server calls again, because another webhook or plugin changed it after ours. */
  readonly isRepeated: boolean;
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
  const { selection, patch, denials, enforcement, previews } = decider.decide(review.object, {
    namespace: review.namespace,
  });
  const isDenied = denials.length > 0;
  const aside = asideOf(previews);
  return {
    outcome: isDenied ? 'denied' : patch.length > 0 ? 'patched' : 'unchanged',
    body: isDenied
      ? denied(review, deniedByPolicy(denials), aside)
      : admitted(review, patch, aside),
    logFields: {
      uid: bounded(review.uid, LOGGED_TEXT_LIMIT),
      namespace: bounded(review.namespace, LOGGED_TEXT_LIMIT),
      name: bounded(displayNameOf(review.object), LOGGED_TEXT_LIMIT),
      runtime: selection.runtime?.name ?? 'none',
      source: selection.source,
      rules: selection.rules.slice(0, LOGGED_RULES_LIMIT),
      codes: [...new Set(denials.map(({ code }) => code))],
      enforcement,
      previews: previews.map(reportedPreview),
      // Whatever is recorded is patched in, so without a patch the pod carries the record.
      isRepeated: RECORDED.has(selection.source) && patch.length === 0 && !isDenied,
    },
  };
}

/** Sources of decisions that the pod carries as an annotation (`recordOf` in policy/decision/record.ts). */
const RECORDED: ReadonlySet<Source> = new Set(['label', 'class', 'rule', 'default', 'exempt']);
