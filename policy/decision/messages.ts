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

/** What each denial goes on with: what the pod has, which container matched, what to change. `{label}` and `{class}` may be `none`. */
export const DENIAL_HINTS = {
  UNKNOWN_RUNTIME: 'Set label {labelKey} to one of them, or remove it',
  UNKNOWN_CLASS: 'Set runtimeClassName to one of them, or remove it',
  LABEL_REQUIRED: 'Container {container} needs it, and the label is {label}',
  RULE_VIOLATED:
    'Its label is {label} and its class {class}; {matched}. Remove both, or set them to {runtime} and {runtimeClass}',
  CLASS_MISMATCH: 'Set runtimeClassName to {runtimeClass}, or remove it',
  DENIED: 'In it {matched}',
  BELOW_MINIMUM:
    'Its label is {label} and its class {class}. Remove both, or set them to {runtime} and {runtimeClass}',
  HOLLOW_SANDBOX: 'Remove that; only an administrator can open guardrail {guardrail}',
  UNSANDBOXED: 'Set label {labelKey} to one of {runtimes}',
} as const satisfies Record<DenialCode, string>;

/** `{matched}`: the containers that satisfy the rule, or none of them alone. */
export const MATCHED = {
  containers: 'container {names} matched',
  pod: 'the pod as a whole matched',
} as const;

/** What is behind a hint where the policy names a page. */
export const SEE = '. See {helpUrl}';

/** `{what}` of `HOLLOW_SANDBOX`, by guardrail. */
export const HOLLOW = {
  hostPaths: 'mounts {names} of its node',
  hostNetwork: 'shares the network of its node',
  hostPID: 'shares the processes of its node',
  hostIPC: 'shares the memory of its node',
  privileged: 'runs {names} privileged',
  systemPriority: 'has priority class {class}',
  nodeName: 'names node {node}',
  sandboxAnnotation: 'sets annotation {names}',
  sandboxAnnotations: 'sets annotations {names}',
  windows: 'is for Windows',
} as const satisfies Readonly<Record<string, string>>;

/** Names that a denial lists; there may be thousands. */
export const MOST_LISTED = 5;

/** What is behind the last listed name where there are more. */
export const AND_MORE = ' and {omitted} more';

/** The names with commas between them, the first `MOST_LISTED` of them. */
export function listed(names: readonly string[]): string {
  const omitted = names.length - MOST_LISTED;
  const shown = names.slice(0, MOST_LISTED).map(quotedIfEmpty).join(', ');
  return omitted > 0 ? shown + filled(AND_MORE, { omitted: String(omitted) }) : shown;
}

const quotedIfEmpty = (value: string): string => (value === '' ? '""' : value);

type Placeholder<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never;

/** The template with each `{placeholder}` replaced by its value, `""` by an empty one; what a value contains is never replaced. */
export function filled<Template extends string>(
  template: Template,
  values: string extends Template
    ? Readonly<Record<string, string>>
    : Readonly<Record<Placeholder<Template>, string>>,
): string {
  const named: Readonly<Record<string, string>> = values;
  return template.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = named[name];
    return value === undefined ? placeholder : quotedIfEmpty(value);
  });
}
