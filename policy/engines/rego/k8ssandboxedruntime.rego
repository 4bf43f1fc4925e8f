# K8sSandboxedRuntime: label and class name one and the same sandbox of the policy, and no pod goes without a sandbox.
package k8ssandboxedruntime

import data.lib.conditions
import data.lib.constants
import data.lib.denials
import data.lib.facts
import data.lib.review
import data.lib.runtimes

violation contains denial if {
	review.judged
	label := facts.label
	not runtimes.classes[label]
	denial := denials.denial("UNKNOWN_RUNTIME", {"value": label, "runtimes": runtimes.names})
}

violation contains denial if {
	review.judged
	class := facts.class
	not is_known_class(class)
	denial := denials.denial("UNKNOWN_CLASS", {"class": class, "classes": runtimes.class_names})
}

violation contains denial if {
	review.judged
	expected := runtimes.classes[facts.label]
	not facts.class == expected
	denial := denials.denial("CLASS_MISMATCH", {"label": facts.label, "class": class_or_none})
}

violation contains denial if {
	review.judged
	count(hollow) > 0
	denial := denials.denial("HOLLOW_SANDBOX", {"what": what_is_hollow})
}

violation contains denial if {
	review.judged
	input.parameters.unlabelled
	count(hollow) == 0
	not facts.label
	not facts.class
	not refused_for_a_rule
	not refused_for_a_container
	denial := denials.denial("UNSANDBOXED", {"namespace": facts.namespace})
}

is_known_class(class) if {
	some _, known in runtimes.classes
	class == known
}

default class_or_none := "none"

class_or_none := facts.class

# Sandbox annotations that the runtime of the pod's class does not allow.
hollow := sort([key | some key in facts.sandbox_annotations; not is_allowed(key)])

is_allowed(key) if {
	some runtime in input.parameters.runtimes
	runtime.runtimeClassName == facts.class
	some wanted in runtime.allowedAnnotations
	conditions.string_meets(wanted, key)
}

what_is_hollow := denials.filled(constants.hollow_annotations[how_many], {
	"keys": concat(", ", array.slice(hollow, 0, constants.most_named_annotations)),
	"omitted": format_int(count(hollow) - constants.most_named_annotations, 10),
})

how_many := "one" if count(hollow) == 1

how_many := "several" if {
	count(hollow) > 1
	count(hollow) <= constants.most_named_annotations
}

how_many := "many" if count(hollow) > constants.most_named_annotations

refused_for_a_rule if {
	some rule in input.parameters.unlabelled.rules
	conditions.holds(rule.when)
}

refused_for_a_container if {
	some requirement in input.parameters.unlabelled.required
	facts.namespace in requirement.namespaces
	facts.has_container(requirement.container)
}
