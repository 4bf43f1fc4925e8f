# K8sDynamicRuntime: pods that rules match need the label of a runtime that the rules accept, or are refused.
package k8sdynamicruntime

import data.lib.denials
import data.lib.review
import data.lib.rules
import data.lib.selection

violation contains denial if {
	review.judged
	rule := rules.strongest
	not is_accepted
	denial := denials.denial("RULE_VIOLATED", {"title": rule.title, "runtime": rule.runtime})
}

violation contains denial if {
	review.judged
	some rule in rules.denying
	denial := denials.denial("DENIED", {"title": rule.title, "reason": rule.deny})
}

is_accepted if rules.accept(selection.label)
