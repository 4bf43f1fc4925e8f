# K8sSandboxedRuntime: label and class name one and the same sandbox of the policy, strong enough for the namespace, and
# no pod goes without a sandbox.
package k8ssandboxedruntime

import data.lib.denials
import data.lib.facts
import data.lib.guardrails
import data.lib.review
import data.lib.rules
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
	some what in guardrails.hollow
	denial := denials.denial("HOLLOW_SANDBOX", {"what": what})
}

violation contains denial if {
	review.judged
	is_below_minimum
	denial := denials.denial("BELOW_MINIMUM", {
		"runtime": runtimes.minimum_name,
		"namespace": facts.namespace,
	})
}

violation contains denial if {
	review.judged
	is_refused_as("UNSANDBOXED")
	denial := denials.denial("UNSANDBOXED", {"namespace": facts.namespace})
}

# What the label names and what the class belongs to must both be strong enough.
is_below_minimum if runtimes.is_below_minimum(facts.label)

is_below_minimum if {
	some name, class in runtimes.classes
	class == facts.class
	runtimes.is_below_minimum(name)
}

is_below_minimum if is_refused_as("BELOW_MINIMUM")

# Whether the pod names neither runtime nor class, is to be refused for that with this code, and is not refused otherwise.
is_refused_as(code) if {
	input.parameters.unlabelled.code == code
	count(guardrails.hollow) == 0
	not facts.label
	not facts.class
	not is_refused_for_a_container
	not is_refused_for_a_rule
}

is_known_class(class) if {
	some _, known in runtimes.classes
	class == known
}

default class_or_none := "none"

class_or_none := facts.class

is_refused_for_a_rule if count(rules.binding) > 0

is_refused_for_a_rule if count(rules.denying) > 0

is_refused_for_a_container if {
	some requirement in input.parameters.unlabelled.required
	facts.namespace in requirement.namespaces
	facts.has_container(requirement.container)
}
