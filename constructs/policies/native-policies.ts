/** The construct of the policies that the API server evaluates itself. */
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { validatingAdmissionPolicies } from '../../policy/engines/cel';
import { platformLabels } from '../internal/labels';
import type { RuntimePoliciesProps } from './runtime-policies';

/**
 * The policy as ValidatingAdmissionPolicies and their bindings: they refuse in the API server itself what webhook and Gatekeeper refuse,
 * also while both are down.
 *
 * Construction throws SandboxError POLICY_TOO_LARGE where the API server could not store or compile one of them.
 */
export class NativePolicies extends Construct {
  constructor(scope: Construct, id: string, { policy }: RuntimePoliciesProps) {
    super(scope, id);
    for (const { kind, metadata, ...manifest } of validatingAdmissionPolicies(policy)) {
      new ApiObject(this, `${kind}-${metadata.name}`, {
        ...manifest,
        kind,
        metadata: { ...metadata, labels: platformLabels('native-policies') },
      });
    }
  }
}
