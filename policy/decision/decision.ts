/** What deciding about a pod yields. Data only: `select.ts`, `validate.ts` and `decide.ts` make it. */
import type { Enforcement, Runtime } from '../model/runtime-policy';

/** What a pod is decided with besides itself: what the AdmissionReview says around the object. */
export interface DecisionContext {
  /** Namespace of the request; wins over `metadata.namespace`, which may be empty while a pod is created. */
  readonly namespace: string;
  /** Whether the pod is stored already, as on an update or in an audit: the scheduler may have named its node. @default false */
  readonly isStored?: boolean;
}

/**
 * Where the choice came from: rows 1, 4, 6 and 8 of the selection table. Nothing is chosen for a mirror of a static pod (`mirror`), for a
 * pod that a rule leaves alone (`exempt`), and where validation refuses or nothing is assigned (`none`).
 */
export type Source = 'label' | 'class' | 'rule' | 'default' | 'exempt' | 'mirror' | 'none';

export interface Selection {
  /** The runtime chosen, or undefined where the pod is left alone (source `exempt`, `mirror`, `none`). */
  readonly runtime: Runtime | undefined;
  readonly source: Source;
  /** Names of the matching rules that ask for a runtime, whatever the source is, or of those that exempt; sorted. */
  readonly rules: readonly string[];
}

export const DENIAL_CODES = [
  'UNKNOWN_RUNTIME',
  'UNKNOWN_CLASS',
  'LABEL_REQUIRED',
  'RULE_VIOLATED',
  'CLASS_MISMATCH',
  'DENIED',
  'BELOW_MINIMUM',
  'HOLLOW_SANDBOX',
  'UNSANDBOXED',
] as const;

export type DenialCode = (typeof DENIAL_CODES)[number];

export interface Denial {
  readonly code: DenialCode;
  /** What is wrong, in one sentence without a full stop. */
  readonly message: string;
  /** What the pod has and what to change, to be read behind the message. */
  readonly hint: string;
}

/** What a softer enforcement than `deny` would have done beyond what was done. */
export interface Preview {
  readonly enforcement: Exclude<Enforcement, 'deny'>;
  readonly selection: Selection;
  /** Those that no harder enforcement gives. */
  readonly denials: readonly Denial[];
}

/** Value of the `secure-ai.io/decision` annotation. */
export interface DecisionRecord {
  /** Missing where the pod is exempt. */
  readonly runtime?: string;
  readonly source: Exclude<Source, 'none' | 'mirror'>;
  readonly rules: readonly string[];
  /** First 12 hex digits of the SHA-256 of the canonical policy. */
  readonly policy: string;
}

/** One JSON Patch operation (RFC 6902) of the few kinds the mutator makes. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };
