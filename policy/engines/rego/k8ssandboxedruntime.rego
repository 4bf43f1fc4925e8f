# K8sSandboxedRuntime: label and class name one and the same sandbox of the policy, strong enough for the namespace, nothing leads around
# it, and no pod goes without a sandbox.
package k8ssandboxedruntime

import data.lib.denials
import data.lib.facts
import data.lib.guardrails
import data.lib.review
import data.lib.rules
import data.lib.runtimes
import data.lib.selection

violation contains denial if {
	review.judged
	label := selection.label
	not runtimes.classes[label]
	denial := denials.denial("UNKNOWN_RUNTIME", {"value": label})
}

violation contains denial if {
	review.judged
	class := selection.class
	not is_known_class(class)
	denial := denials.denial("UNKNOWN_CLASS", {})
}

violation contains denial if {
	review.judged
	expected := runtimes.classes[selection.label]
	not selection.class == expected
	denial := denials.denial("CLASS_MISMATCH", {"runtimeClass": expected})
}

violation contains denial if {
	review.judged
	some guardrail, what in guardrails.hollowness
	denial := denials.denial("HOLLOW_SANDBOX", {"guardrail": guardrail, "what": what})
}

violation contains denial if {
	review.judged
	is_below_minimum
	denial := denials.denial("BELOW_MINIMUM", denials.wanted(runtimes.minimum_name))
}

violation contains denial if {
	review.judged
	is_refused_as("UNSANDBOXED")
	denial := denials.denial("UNSANDBOXED", {})
}

# What the label names and what the class belongs to must both be strong enough.
is_below_minimum if runtimes.is_below_minimum(selection.label)

is_below_minimum if {
	some name, class in runtimes.classes
	class == selection.class
	runtimes.is_below_minimum(name)
}

is_below_minimum if is_refused_as("BELOW_MINIMUM")

# Whether the pod names neither runtime nor class, is to be refused for that with this code, and is not refused otherwise.
is_refused_as(code) if {
	input.parameters.unlabelled.code == code
	count(guardrails.hollowness) == 0
	not selection.label
	not selection.class
	not facts.has_required_container(input.parameters.unlabelled.required)
	not is_refused_for_a_rule
}

is_known_class(class) if {
	some _, known in runtimes.classes
	class == known
}

is_refused_for_a_rule if count(rules.binding) > 0

is_refused_for_a_rule if count(rules.denying) > 0
