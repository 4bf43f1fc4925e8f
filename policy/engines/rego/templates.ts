/** The ConstraintTemplates of every kind in `CONSTRAINT_KINDS`, in the shape of templates.gatekeeper.sh/v1 (Gatekeeper v3.23, constraint framework). */
import { CONSTRAINT_KINDS } from '../../../base/names';
import { librariesOf, moduleNamed } from './modules';
import type { OpenApiSchema } from './openapi';
import { DYNAMIC_SCHEMA, REQUIRED_SCHEMA, SANDBOXED_SCHEMA } from './parameters-schema';

interface ConstraintTemplateManifest {
  readonly apiVersion: 'templates.gatekeeper.sh/v1';
  readonly kind: 'ConstraintTemplate';
  readonly metadata: {
    readonly name: string;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly crd: {
      readonly spec: {
        readonly names: { readonly kind: string };
        readonly validation: { readonly openAPIV3Schema: OpenApiSchema };
      };
    };
    readonly targets: readonly {
      readonly target: 'admission.k8s.gatekeeper.sh';
      readonly code: readonly {
        readonly engine: 'Rego';
        readonly source: {
          readonly version: 'v1';
          readonly rego: string;
          readonly libs: readonly string[];
        };
      }[];
    }[];
  };
}

const TEMPLATES: readonly ConstraintTemplateManifest[] = [
  constraintTemplate({
    kind: CONSTRAINT_KINDS.required,
    title: 'Required runtime label',
    description: 'Pods with a container of this name must name a runtime by label.',
    parameters: REQUIRED_SCHEMA,
  }),
  constraintTemplate({
    kind: CONSTRAINT_KINDS.dynamic,
    title: 'Runtime by what the pod is',
    description:
      'Pods that a rule matches, by image, resources or security context, must name the runtime the rule asks for, or are refused.',
    parameters: DYNAMIC_SCHEMA,
  }),
  constraintTemplate({
    kind: CONSTRAINT_KINDS.sandboxed,
    title: 'Sandboxed runtime',
    description:
      'The runtime label and runtimeClassName must name one and the same sandbox of the policy, no weaker than the minimum of the namespace, and nothing in the pod may lead around it.',
    parameters: SANDBOXED_SCHEMA,
  }),
];

/** No policy is in the templates: they change with this project, not with a policy. */
export function constraintTemplates(): readonly ConstraintTemplateManifest[] {
  return TEMPLATES;
}

interface TemplateProps {
  /** In lower case, the name of the template and of the module with its `violation` rule. */
  readonly kind: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: OpenApiSchema;
}

function constraintTemplate(props: TemplateProps): ConstraintTemplateManifest {
  const { kind, title, description, parameters } = props;
  const name = kind.toLowerCase();
  const rego = moduleNamed(name);
  return {
    apiVersion: 'templates.gatekeeper.sh/v1',
    kind: 'ConstraintTemplate',
    metadata: { name, annotations: { 'metadata.gatekeeper.sh/title': title, description } },
    spec: {
      crd: { spec: { names: { kind }, validation: { openAPIV3Schema: parameters } } },
      targets: [
        {
          target: 'admission.k8s.gatekeeper.sh',
          code: [{ engine: 'Rego', source: { version: 'v1', rego, libs: librariesOf(rego) } }],
        },
      ],
    },
  };
}
