/** From the bytes of a review to its answer: the one place where the server and the policy meet. */
import type { Decider } from '../../policy/decision/decide';
import type { DenialCode, Source } from '../../policy/decision/decision';
import { memberOf, objectOf, stringOf } from '../../base/untrusted';
import { bounded } from '../../programs/telemetry/log';
import {
  admitted,
  denied,
  deniedByPolicy,
  isPodCreation,
  parseReview,
  type Review,
  type Unreadable,
} from './review';

/**
 * `untouched`: nothing this webhook judges; `unchanged`: a new pod that needs no patch; `denied`: a new pod that the policy refuses;
 * `unreadable`: denied, it is no pod.
 */
export const OUTCOMES = ['patched', 'unchanged', 'denied', 'untouched', 'unreadable'] as const;

/** An answered review. Plain data, so that it can cross from one thread to another. */
export interface Judgement {
  readonly outcome: (typeof OUTCOMES)[number];
  /** Body of the answer. */
  readonly body: string;
  /** What log and metrics tell of it; nothing where the object is not a new pod. */
  readonly told: Told | undefined;
}

/** Of values a caller chooses only bounded texts: nothing of the pod but its name. */
interface Told {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly runtime: string;
  readonly source: Source;
  readonly rules: readonly string[];
  /** Of the denials, each once; none where the pod is admitted. */
  readonly codes: readonly DenialCode[];
}

export type Verdict = Judgement | Unreadable;

/** Characters of a text, and rules, that are told. */
const TOLD_TEXT_LIMIT = 256;
const TOLD_RULES_LIMIT = 16;

/**
 * Admits a new pod only when the pod as patched passes validation, and denies it otherwise, without a patch: Gatekeeper judges by
 * itself, and neither counts on the other. The pod is judged as it is now, and again under `reinvocationPolicy: IfNeeded` when
 * webhooks called later have changed it. So a pod that only a later webhook would make acceptable is denied, which fails closed.
 */
export function judge(body: Buffer, decider: Decider): Verdict {
  const review = parseReview(body.toString('utf8'));
  if ('refused' in review) return review;
  if (!isPodCreation(review)) {
    return {
      outcome: 'untouched',
      body: admitted(review, []),
      told: undefined,
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
      told: undefined,
    };
  }
  const { selection, patch, denials } = decider.decide(review.object, {
    namespace: review.namespace,
  });
  const isDenied = denials.length > 0;
  return {
    outcome: isDenied ? 'denied' : patch.length > 0 ? 'patched' : 'unchanged',
    body: isDenied ? denied(review, deniedByPolicy(denials)) : admitted(review, patch),
    told: {
      uid: bounded(review.uid, TOLD_TEXT_LIMIT),
      namespace: bounded(review.namespace, TOLD_TEXT_LIMIT),
      name: bounded(nameOf(review), TOLD_TEXT_LIMIT),
      runtime: selection.runtime?.name ?? 'none',
      source: selection.source,
      rules: selection.rules.slice(0, TOLD_RULES_LIMIT),
      codes: [...new Set(denials.map(({ code }) => code))],
    },
  };
}

function nameOf({ object }: Review): string {
  const metadata = memberOf(object, 'metadata');
  return (
    stringOf(memberOf(metadata, 'name')) ?? `${stringOf(memberOf(metadata, 'generateName')) ?? ''}*`
  );
}
