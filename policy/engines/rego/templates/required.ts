/** `K8sRequiredRuntime`: a container of one name, in namespaces the constraint matches, may only run with the runtime label set. */
import { CONSTRAINT_KINDS } from '../../../../base/names';
import { REQUIRED_SCHEMA } from '../parameters-schema';
import { BASE_LIBRARY } from '../source/libraries';
import { constraintTemplate } from './template';

const REGO = `package k8srequiredruntime

import data.lib.facts
import data.lib.review
import data.lib.runtimes

violation contains {"msg": msg, "details": {"code": "LABEL_REQUIRED"}} if {
	review.judged
	facts.has_container(input.parameters.container)
	not runtimes.label_accepted(input.parameters.enforce, input.parameters.runtime)
	msg := sprintf("Pod %v requires label %v to use runtime %v", [
		facts.name,
		input.parameters.labelKey,
		input.parameters.runtime,
	])
}
`;

export const REQUIRED_TEMPLATE = constraintTemplate({
  kind: CONSTRAINT_KINDS.required,
  title: 'Required runtime label',
  description: 'Pods with a container of this name must name a runtime by label.',
  parameters: REQUIRED_SCHEMA,
  rego: REGO,
  libs: BASE_LIBRARY,
});
