/** `K8sSandboxedRuntime`: label and class name a sandbox of the policy, the same one; and no pod goes without. */
import { CONSTRAINT_KINDS } from '../../../names';
import { SANDBOXED_SCHEMA } from '../parameters-schema';
import { RULE_LIBRARY } from '../source/libraries';
import { constraintTemplate } from './template';

const REGO = `package k8ssandboxedruntime

import data.lib.conditions
import data.lib.facts
import data.lib.review
import data.lib.runtimes

violation contains {"msg": msg, "details": {"code": "UNKNOWN_RUNTIME"}} if {
	review.judged
	label := facts.label
	not runtimes.classes[label]
	msg := sprintf("Pod %v asks for runtime %v, which is not one of %v", [facts.name, label, runtimes.names])
}

violation contains {"msg": msg, "details": {"code": "UNKNOWN_CLASS"}} if {
	review.judged
	class := facts.class
	not is_known_class(class)
	msg := sprintf("Pod %v uses runtimeClassName %v, which is not one of %v", [
		facts.name,
		class,
		runtimes.class_names,
	])
}

violation contains {"msg": msg, "details": {"code": "CLASS_MISMATCH"}} if {
	review.judged
	expected := runtimes.classes[facts.label]
	not facts.class == expected
	msg := sprintf("Pod %v has runtime label %v but runtimeClassName %v", [facts.name, facts.label, class_or_none])
}

violation contains {"msg": msg, "details": {"code": "UNSANDBOXED"}} if {
	review.judged
	input.parameters.unlabelled
	not facts.label
	not facts.class
	not refused_for_a_rule
	not refused_for_a_container
	msg := sprintf("Pod %v in namespace %v would run outside a sandbox", [facts.name, facts.namespace])
}

is_known_class(class) if {
	some _, known in runtimes.classes
	class == known
}

default class_or_none := "none"

class_or_none := facts.class

refused_for_a_rule if {
	some rule in input.parameters.unlabelled.rules
	conditions.holds(rule.when)
}

refused_for_a_container if {
	some requirement in input.parameters.unlabelled.required
	facts.namespace in requirement.namespaces
	facts.has_container(requirement.container)
}
`;

export const SANDBOXED_TEMPLATE = constraintTemplate({
  kind: CONSTRAINT_KINDS.sandboxed,
  title: 'Sandboxed runtime',
  description:
    'The runtime label and runtimeClassName must name one and the same sandbox of the policy.',
  parameters: SANDBOXED_SCHEMA,
  rego: REGO,
  libs: RULE_LIBRARY,
});
