# K8sDynamicRuntime: pods that rules match need the label of a runtime that the rules accept, or are refused.
package k8sdynamicruntime

import data.lib.constants
import data.lib.denials
import data.lib.review
import data.lib.rules
import data.lib.selection

violation contains denial if {
	review.judged
	rule := rules.strongest
	not is_accepted
	denial := denials.denial("RULE_VIOLATED", object.union(
		{"title": rule.title, "matched": matched(rule)},
		denials.wanted(rule.runtime),
	))
}

violation contains denial if {
	review.judged
	some rule in rules.denying
	denial := denials.denial("DENIED", {
		"title": rule.title,
		"reason": rule.deny,
		"matched": matched(rule),
	})
}

is_accepted if rules.accept(selection.label)

matched(rule) := denials.filled(constants.matched[which], {"names": denials.listed(sort(names))}) if {
	names := rules.matched_containers(rule)
	which := {true: "pod", false: "containers"}[count(names) == 0]
}
