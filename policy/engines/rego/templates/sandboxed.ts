/** `K8sSandboxedRuntime`: label and class name a sandbox of the policy, the same one; and no pod goes without. */
import { CONSTRAINT_KINDS } from '../../../../base/names';
import { MOST_NAMED_ANNOTATIONS } from '../../../decision/validate';
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

violation contains {"msg": msg, "details": {"code": "HOLLOW_SANDBOX"}} if {
	review.judged
	count(hollow) > 0
	msg := sprintf("Pod %v sets %v %v%v, which leads around its sandbox", [
		facts.name,
		noun(count(hollow)),
		concat(", ", array.slice(hollow, 0, most_named)),
		and_more(count(hollow) - most_named),
	])
}

violation contains {"msg": msg, "details": {"code": "UNSANDBOXED"}} if {
	review.judged
	input.parameters.unlabelled
	count(hollow) == 0
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

most_named := ${MOST_NAMED_ANNOTATIONS}

# Sandbox annotations that the runtime of the pod's class does not allow.
hollow := sort([key | some key in facts.sandbox_annotations; not is_allowed(key)])

is_allowed(key) if {
	some runtime in input.parameters.runtimes
	runtime.runtimeClassName == facts.class
	some wanted in runtime.allowedAnnotations
	conditions.text_meets(wanted, key)
}

noun(1) := "annotation"

noun(n) := "annotations" if n > 1

and_more(n) := "" if n <= 0

and_more(n) := sprintf(" and %d more", [n]) if n > 0

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
