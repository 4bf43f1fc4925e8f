/** What each denial says, with named placeholders: `validate.ts` fills them, the Rego gets the same templates, docs/policy.md is held to them. */
import type { DenialCode } from './decision';

export const DENIAL_MESSAGES = {
  UNKNOWN_RUNTIME: 'Pod {pod} asks for runtime {value}, which is not one of {runtimes}',
  UNKNOWN_CLASS: 'Pod {pod} uses runtimeClassName {class}, which is not one of {classes}',
  LABEL_REQUIRED: 'Pod {pod} requires label {labelKey} to use runtime {runtime}',
  RULE_VIOLATED: 'Workload {pod} with {title} requires runtime {runtime}',
  CLASS_MISMATCH: 'Pod {pod} has runtime label {label} but runtimeClassName {class}',
  DENIED: 'Pod {pod} is refused by {title}: {reason}',
  BELOW_MINIMUM: 'Pod {pod} needs at least runtime {runtime} in namespace {namespace}',
  HOLLOW_SANDBOX: 'Pod {pod} {what}, which leads around its sandbox',
  UNSANDBOXED: 'Pod {pod} in namespace {namespace} would run outside a sandbox',
} as const satisfies Record<DenialCode, string>;

/** `{what}` of `HOLLOW_SANDBOX` for annotations: one, several, or more than `MOST_NAMED_ANNOTATIONS`. */
export const HOLLOW_ANNOTATIONS = {
  one: 'sets annotation {keys}',
  several: 'sets annotations {keys}',
  many: 'sets annotations {keys} and {omitted} more',
} as const;

/** Annotation keys that a denial names; there may be thousands. */
export const MOST_NAMED_ANNOTATIONS = 5;

type Placeholder<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never;

/** The template with each `{placeholder}` replaced by its value, `""` by an empty one; what a value contains is never replaced. */
export function filled<Template extends string>(
  template: Template,
  values: Readonly<Record<Placeholder<Template>, string>>,
): string {
  const named: Readonly<Record<string, string>> = values;
  return template.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    named[name] === '' ? '""' : (named[name] ?? placeholder),
  );
}
