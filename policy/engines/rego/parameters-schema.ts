/**
 * OpenAPI schemas of what constraints carry in `spec.parameters`, structural (Kubernetes CRD documentation, "Specifying a structural
 * schema"): the API server prunes every member that is not written here, so each schema says all of them.
 */

export interface OpenApiSchema {
  readonly type: 'object' | 'array' | 'string' | 'boolean';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly additionalProperties?: OpenApiSchema;
  readonly items?: OpenApiSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
}

const text = (description?: string): OpenApiSchema => described({ type: 'string' }, description);
const flag = (description?: string): OpenApiSchema => described({ type: 'boolean' }, description);
const listOf = (items: OpenApiSchema, description?: string): OpenApiSchema =>
  described({ type: 'array', items }, description);
const mapOf = (additionalProperties: OpenApiSchema): OpenApiSchema => ({
  type: 'object',
  additionalProperties,
});

function described(schema: OpenApiSchema, description: string | undefined): OpenApiSchema {
  return description === undefined ? schema : { ...schema, description };
}

/** An object; every member that is not named as optional is required. */
function object(
  properties: Readonly<Record<string, OpenApiSchema>>,
  optional: 'all' | readonly string[] = [],
): OpenApiSchema {
  const required = Object.keys(properties).filter(
    (name) => optional !== 'all' && !optional.includes(name),
  );
  return required.length === 0
    ? { type: 'object', properties }
    : { type: 'object', properties, required };
}

const textTest = object(
  {
    equals: text(),
    matches: text('Anchored RE2 expression.'),
    exists: flag('Whether there is a text at all.'),
  },
  'all',
);

const quantity = text('Kubernetes quantity.');

const amounts = mapOf(
  object({ gt: quantity, gte: quantity, lt: quantity, lte: quantity, exists: flag() }, 'all'),
);

const containerTest = object(
  {
    name: textTest,
    image: object(
      {
        contains: text('Text the reference as written contains.'),
        registry: textTest,
        repository: textTest,
        tag: textTest,
        digest: textTest,
      },
      'all',
    ),
    requests: amounts,
    limits: amounts,
    securityContext: object(
      {
        privileged: flag(),
        runAsRoot: flag(),
        addsCapability: text('In upper case, without CAP_.'),
        allowPrivilegeEscalation: flag(),
        readOnlyRootFilesystem: flag(),
      },
      'all',
    ),
  },
  'all',
);

const podTest = object(
  {
    namespace: textTest,
    labels: mapOf(textTest),
    annotations: mapOf(textTest),
    serviceAccountName: textTest,
    hostNetwork: flag(),
    hostPID: flag(),
    hostIPC: flag(),
    volumes: listOf(text(), 'Kinds of volume the pod must all have.'),
    requests: amounts,
    limits: amounts,
  },
  'all',
);

const target = (when: string) =>
  text(`Name of the test to go on with where this one ${when}; match or mismatch at an end.`);

const decisionGraph = object({
  start: text('Name of the first test; match or mismatch where there is none.'),
  tests: listOf(
    object(
      {
        name: text('Where the test stands in the condition of the policy.'),
        container: containerTest,
        pod: podTest,
        ifTrue: target('holds'),
        ifFalse: target('does not hold'),
      },
      ['container', 'pod'],
    ),
  ),
});

const enforce = (...values: string[]): OpenApiSchema => ({ type: 'string', enum: values });

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

/** Parameters of `K8sRequiredRuntime`. */
export const REQUIRED_SCHEMA = object({
  ...base,
  container: text('Name of the container that makes the label required.'),
  runtime: text('Runtime the message asks for.'),
  enforce: enforce('present', 'exactly', 'atLeast'),
});

/** Parameters of `K8sDynamicRuntime`. */
export const DYNAMIC_SCHEMA = object({
  ...base,
  rules: listOf(
    object({
      name: text(),
      title: text('How messages name the rule.'),
      when: decisionGraph,
      runtime: text('Runtime a matching pod needs.'),
      enforce: enforce('exactly', 'atLeast'),
    }),
  ),
});

/** Parameters of `K8sSandboxedRuntime`. */
export const SANDBOXED_SCHEMA = object(
  {
    ...base,
    runtimes: sandboxes,
    unlabelled: described(
      object({
        rules: listOf(object({ name: text(), when: decisionGraph })),
        required: listOf(object({ namespaces: listOf(text()), container: text() })),
      }),
      'Refuse pods that name neither runtime nor class, but for those the other two kinds refuse: these rules match, or these containers are required to be labelled.',
    ),
  },
  ['unlabelled'],
);
