/**
 * OpenAPI schemas of what constraints carry in `spec.parameters`, structural (Kubernetes CRD documentation, "Specifying a structural
 * schema"): the API server prunes every member that is not written here, so each schema says all of them.
 */
import { decisionGraphSchema, textTest } from './condition-parameters-schema';
import { described, flag, listOf, object, oneOf, text } from './openapi';

const base = {
  labelKey: text('Label whose value names the runtime a pod asks for.'),
  runtimes: listOf(object({ name: text(), runtimeClassName: text() }), 'Weakest first.'),
  helpUrl: text('Page that every refusal ends with.'),
};

/** What the runtime allows its pods; only `K8sSandboxedRuntime` asks. */
const sandboxes = listOf(
  object(
    {
      name: text(),
      runtimeClassName: text(),
      allowedAnnotations: listOf(
        textTest,
        'Annotations of the sandbox that pods of this class may set.',
      ),
      allowsPrivileged: flag('Whether containers of its pods may be privileged.'),
    },
    ['allowedAnnotations', 'allowsPrivileged'],
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

const optional = [...Object.keys(effects), 'enforce'];

const ruleMembers = {
  name: text(),
  when: decisionGraphSchema,
  ...effects,
  enforce: described(oneOf('exactly', 'atLeast'), 'How strictly the runtime is meant.'),
};

const rules = listOf(
  object(ruleMembers, optional),
  'Those that decide whether this constraint speaks.',
);

const minimum = listOf(
  object({ namespaces: listOf(text()), runtime: text() }),
  'The weakest runtime pods of these namespaces may have; of several the strongest.',
);

const requiredContainers = listOf(object({ namespaces: listOf(text()), container: text() }));

/** What every kind carries where nothing is enforced, see `ParametersProps`. */
const foreseeing = {
  minimum,
  rules,
  selection: described(
    object(
      {
        required: described(
          requiredContainers,
          'Pods with such a container choose for themselves.',
        ),
        unlabelled: described(
          object({ runtime: text() }, 'all'),
          'What pods get that nothing else chooses for: this runtime, or the minimum where that is stronger.',
        ),
      },
      ['unlabelled'],
    ),
    'Where nothing is enforced: judge a pod that is being created as the mutator would have left it.',
  ),
};

/** Parameters of `K8sRequiredRuntime`. */
export const REQUIRED_SCHEMA = object(
  {
    ...base,
    container: text('Name of the container that makes the label required.'),
    runtime: text('Runtime the message asks for.'),
    enforce: oneOf('present', 'exactly', 'atLeast'),
    ...foreseeing,
  },
  ['helpUrl', ...Object.keys(foreseeing)],
);

/** Parameters of `K8sDynamicRuntime`. */
export const DYNAMIC_SCHEMA = object(
  {
    ...base,
    ...foreseeing,
    rules: listOf(object({ ...ruleMembers, title: text('How messages name the rule.') }, optional)),
  },
  ['helpUrl', 'minimum', 'selection'],
);

/** Parameters of `K8sSandboxedRuntime`. */
export const SANDBOXED_SCHEMA = object(
  {
    ...base,
    runtimes: sandboxes,
    ...foreseeing,
    guardrails: described(
      object(
        {
          closed: listOf(text(), 'Names of the guardrails that refuse pods.'),
          readOnlyHostPaths: listOf(
            text('Anchored RE2 expression.'),
            'Paths of the node that containers may mount read-only.',
          ),
        },
        ['readOnlyHostPaths'],
      ),
      'What no pod may have, because it leads around its sandbox.',
    ),
    unlabelled: described(
      object({
        code: described(
          oneOf('UNSANDBOXED', 'BELOW_MINIMUM'),
          'What refuses them: BELOW_MINIMUM only in namespaces that have a minimum.',
        ),
        required: requiredContainers,
      }),
      'Refuse pods that name neither runtime nor class, but for those the other two kinds refuse: the rules match, or these containers are required to be labelled.',
    ),
  },
  ['helpUrl', ...Object.keys(foreseeing), 'guardrails', 'unlabelled'],
);
