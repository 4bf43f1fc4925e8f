# The label and the class to judge. Where the policy only warns or audits, the mutator changes no pod, and a pod that is being created is
# judged as the mutator would have left it: equal to selectRuntime in policy/decision/select.ts.
package lib.selection

import data.lib.facts
import data.lib.rules
import data.lib.runtimes

label := facts.label if {
	facts.label
} else := runtime if {
	is_foreseen
	runtime := chosen
}

class := facts.class if {
	facts.class
} else := class_ if {
	is_foreseen
	class_ := runtimes.classes[label]
}

# Only constraints that warn or audit where nothing denies have the parameter.
is_foreseen if {
	input.parameters.selection
	input.review.operation == "CREATE"
}

# The runtime that a pod without a label gets; undefined where it gets none.
chosen := runtime if {
	some runtime, known in runtimes.classes
	known == facts.class
	not runtimes.is_below_minimum(runtime)
	is_acceptable(runtime)
}

chosen := strongest(rules.binding) if {
	not facts.class
	rules.asks
}

chosen := strongest(assigned) if {
	not facts.class
	not rules.asks
	not facts.has_required_container(input.parameters.selection.required)
	assigned := [input.parameters.selection.unlabelled]
}

is_acceptable(_) if count(rules.binding) == 0

is_acceptable(runtime) if rules.accept(runtime)

# The strongest runtime that one of these names, or the minimum where that is stronger.
strongest(naming) := input.parameters.runtimes[strength].name if {
	named := [runtimes.strengths[one.runtime] | some one in naming]
	least := [minimum | minimum := runtimes.minimum]
	strength := max(array.concat(named, least))
}
