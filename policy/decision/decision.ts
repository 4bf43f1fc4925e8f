/** What deciding about a pod yields. Data only: `select.ts`, `validate.ts` and `decide.ts` make it. */
import type { Runtime } from '../model/runtime-policy';

/** What a pod is decided with besides itself: what the AdmissionReview says around the object. */
export interface DecisionContext {
  /** Namespace of the request; wins over `metadata.namespace`, which may be empty while a pod is created. */
  readonly namespace: string;
}

/** Where the choice came from; rows 1, 4, 6 and 8 of the selection table, or nothing chosen. */
export type Source = 'label' | 'class' | 'rule' | 'default' | 'none';

export interface Selection {
  /** The runtime chosen, or undefined where the pod is left alone (source `none`). */
  readonly runtime: Runtime | undefined;
  readonly source: Source;
  /** Names of every matching rule, sorted. Recorded whatever the source is. */
  readonly rules: readonly string[];
}

export const DENIAL_CODES = [
  'UNKNOWN_RUNTIME',
  'UNKNOWN_CLASS',
  'LABEL_REQUIRED',
  'RULE_VIOLATED',
  'CLASS_MISMATCH',
  'HOLLOW_SANDBOX',
  'UNSANDBOXED',
] as const;

export type DenialCode = (typeof DENIAL_CODES)[number];

export interface Denial {
  readonly code: DenialCode;
  readonly message: string;
}

/** Value of the `secure-ai.io/decision` annotation. */
export interface DecisionRecord {
  readonly runtime: string;
  readonly source: Exclude<Source, 'none'>;
  readonly rules: readonly string[];
  /** First 12 hex digits of the SHA-256 of the canonical policy. */
  readonly policy: string;
}

/** One JSON Patch operation (RFC 6902) of the few kinds the mutator makes. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };
