/**
 * OpenAPI schemas of what constraints carry in `spec.parameters`, structural (Kubernetes CRD documentation, "Specifying a structural
 * schema"): the API server prunes every member that is not written here, so each schema says all of them.
 */
import { decisionGraphSchema, textTest } from './condition-parameters-schema';
import { described, listOf, object, oneOf, text } from './openapi';

const base = {
  labelKey: text('Label whose value names the runtime a pod asks for.'),
  runtimes: listOf(object({ name: text(), runtimeClassName: text() }), 'Weakest first.'),
};

/** What the runtime allows besides; only `K8sSandboxedRuntime` asks. */
const sandboxes = listOf(
  object(
    {
      name: text(),
      runtimeClassName: text(),
      allowedAnnotations: listOf(
        textTest,
        'Annotations of the sandbox that pods of this class may set.',
      ),
    },
    ['allowedAnnotations'],
  ),
  'Weakest first.',
);

/** A rule has one of these. */
const effects = {
  runtime: text('Runtime a matching pod needs.'),
  deny: text('Why a matching pod is refused.'),
  exempt: text(
    'Why a matching pod that has no label is left alone, unless another rule refuses it.',
  ),
};

const rules = listOf(
  object({ name: text(), when: decisionGraphSchema, ...effects }, Object.keys(effects)),
  'Those that decide whether this constraint speaks.',
);

const minimum = listOf(
  object({ namespaces: listOf(text()), runtime: text() }),
  'The weakest runtime pods of these namespaces may have; of several the strongest.',
);

const guardrails = object(
  {
    open: listOf(text(), 'Guardrails that let pods through; all others are closed.'),
    readOnlyHostPaths: listOf(
      textTest,
      'Paths of the node that pods may mount to read only, where guardrail hostPaths is closed.',
    ),
    privilegedClasses: listOf(
      text(),
      'Runtime classes whose pods may be privileged, where guardrail privileged is closed.',
    ),
  },
  'all',
);

/** Parameters of `K8sRequiredRuntime`. */
export const REQUIRED_SCHEMA = object(
  {
    ...base,
    container: text('Name of the container that makes the label required.'),
    runtime: text('Runtime the message asks for.'),
    enforce: oneOf('present', 'exactly', 'atLeast'),
    rules,
  },
  ['rules'],
);

/** Parameters of `K8sDynamicRuntime`. */
export const DYNAMIC_SCHEMA = object(
  {
    ...base,
    minimum,
    rules: listOf(
      object(
        {
          name: text(),
          title: text('How messages name the rule.'),
          when: decisionGraphSchema,
          ...effects,
          enforce: described(oneOf('exactly', 'atLeast'), 'How strictly the runtime is meant.'),
        },
        [...Object.keys(effects), 'enforce'],
      ),
    ),
  },
  ['minimum'],
);

/** Parameters of `K8sSandboxedRuntime`. */
export const SANDBOXED_SCHEMA = object(
  {
    ...base,
    runtimes: sandboxes,
    minimum,
    rules,
    guardrails: described(guardrails, 'Of every namespace that no tenant names.'),
    tenants: listOf(object({ namespaces: listOf(text()), guardrails })),
    unlabelled: described(
      object({
        code: described(
          oneOf('UNSANDBOXED', 'BELOW_MINIMUM'),
          'What refuses them: BELOW_MINIMUM only in namespaces that have a minimum.',
        ),
        required: listOf(object({ namespaces: listOf(text()), container: text() })),
      }),
      'Refuse pods that name neither runtime nor class, but for those the other two kinds refuse: the rules match, or these containers are required to be labelled.',
    ),
  },
  ['minimum', 'rules', 'tenants', 'unlabelled'],
);
