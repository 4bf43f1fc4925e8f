/**
 * What the server reports of previews, which are decisions that were not carried out: warnings for the author of the pod, annotations for
 * the audit log of the API server, and fields for log and metrics. Every value is bounded and printable.
 */
import { textOf } from '../../policy/decision/validate';
import type { DenialCode, Preview, Source } from '../../policy/decision/decision';
import type { Enforcement } from '../../policy/model/runtime-policy';
import { printable, type Aside } from './review';

type Soft = Preview['enforcement'];

/** A preview as log and metrics have it. */
export interface ReportedPreview {
  readonly enforcement: Soft;
  /** Name of the runtime that would have been chosen, or `none`. */
  readonly runtime: string;
  readonly source: Source;
  /** Codes of the denials, each once. */
  readonly codes: readonly DenialCode[];
}

/** API servers cut warnings above 256 characters when all warnings of a response exceed 4096 (apiserver v0.36.3 pkg/endpoints/filters/warning.go). */
const WARNING_LIMIT = 256;

/** Maximum number of warnings, the line about omitted ones included: 4096 characters at most. */
const WARNINGS_LIMIT = 16;

export function reportedPreview({ enforcement, selection, denials }: Preview): ReportedPreview {
  return {
    enforcement,
    runtime: selection.runtime?.name ?? 'none',
    source: selection.source,
    codes: [...new Set(denials.map(({ code }) => code))],
  };
}

/** What goes with the answer to a pod: what `warn` would refuse as warnings, and each preview as an annotation. */
export function asideOf(previews: readonly Preview[]): Aside {
  const denials = previews
    .filter(({ enforcement }) => enforcement === 'warn')
    .flatMap((preview) => preview.denials);
  return {
    warnings: warningsOf(denials.map((denial) => `${denial.code}: ${textOf(denial)}`)),
    auditAnnotations: Object.fromEntries(
      previews.map((preview) => {
        const { enforcement, ...rest } = reportedPreview(preview);
        return [enforcement, JSON.stringify(rest)];
      }),
    ),
  };
}

/** What goes with the answer to a pod that exceeds a limit in a namespace where nothing is refused. */
export function asideOfLimit(enforcement: Soft, message: string): Aside {
  return {
    warnings: enforcement === 'warn' ? warningsOf([message]) : [],
    auditAnnotations: { [enforcement]: JSON.stringify({ codes: ['POD_TOO_LARGE'] }) },
  };
}

export const isSoft = (enforcement: Enforcement): enforcement is Soft => enforcement !== 'deny';

function warningsOf(texts: readonly string[]): readonly string[] {
  const shown = texts.length > WARNINGS_LIMIT ? texts.slice(0, WARNINGS_LIMIT - 1) : texts;
  const omitted = texts.length - shown.length;
  const more = omitted === 0 ? [] : [`and ${omitted} more`];
  return [...shown.map((text) => printable(text, WARNING_LIMIT)), ...more];
}
