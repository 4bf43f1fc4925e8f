/** The construct of the Gatekeeper templates and constraints of a policy. */
import { ApiObject, type ApiObjectProps } from 'cdk8s';
import { Construct } from 'constructs';
import { constraints, constraintTemplates } from '../../policy/engines/rego';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { platformLabels } from '../internal/labels';

export interface RuntimePoliciesProps {
  /** The policy the constraints carry. */
  readonly policy: RuntimePolicy;
}

/**
 * The policy as Gatekeeper enforces it: a ConstraintTemplate for each kind of denial, the same for every policy, and the
 * constraints that carry the policy as parameters.
 *
 * Gatekeeper creates the CRD of a constraint when it reads the template, so each constraint depends on its template; a deployment
 * waits for the template's `status.created`.
 */
export class RuntimePolicies extends Construct {
  readonly templates: ApiObject[];
  readonly constraints: ApiObject[];

  constructor(scope: Construct, id: string, { policy }: RuntimePoliciesProps) {
    super(scope, id);
    const manifests = constraints(policy);
    const families = constraintTemplates().map((manifest) => {
      const template = new ApiObject(this, manifest.metadata.name, labelled(manifest));
      const { kind } = manifest.spec.crd.spec.names;
      const ofKind = manifests
        .filter((constraint) => constraint.kind === kind)
        .map((constraint) => new ApiObject(this, constraint.metadata.name, labelled(constraint)));
      for (const constraint of ofKind) constraint.addDependency(template);
      return { template, constraints: ofKind };
    });
    this.templates = families.map(({ template }) => template);
    this.constraints = families.flatMap((family) => family.constraints);
  }
}

function labelled<Manifest extends { readonly metadata: object } & ApiObjectProps>(
  manifest: Manifest,
): ApiObjectProps {
  return {
    ...manifest,
    metadata: { ...manifest.metadata, labels: platformLabels('runtime-policies') },
  };
}
