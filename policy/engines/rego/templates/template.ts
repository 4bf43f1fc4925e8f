/** ConstraintTemplates of Gatekeeper, in the shape of templates.gatekeeper.sh/v1 (Gatekeeper v3.23, constraint framework). */
import type { OpenApiSchema } from '../parameters-schema';

export interface ConstraintTemplateManifest {
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

interface TemplateProps {
  readonly kind: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: OpenApiSchema;
  /** Module with the `violation` rule. */
  readonly rego: string;
  /** Modules below `lib` that it imports, directly or not. */
  readonly libs: readonly string[];
}

export function constraintTemplate(props: TemplateProps): ConstraintTemplateManifest {
  const { kind, title, description, parameters, rego, libs } = props;
  return {
    apiVersion: 'templates.gatekeeper.sh/v1',
    kind: 'ConstraintTemplate',
    metadata: {
      name: kind.toLowerCase(),
      annotations: { 'metadata.gatekeeper.sh/title': title, description },
    },
    spec: {
      crd: { spec: { names: { kind }, validation: { openAPIV3Schema: parameters } } },
      targets: [
        {
          target: 'admission.k8s.gatekeeper.sh',
          code: [{ engine: 'Rego', source: { version: 'v1', rego, libs } }],
        },
      ],
    },
  };
}
