# K8sDynamicRuntime: pods that rules match need the label of a runtime that the rules accept.
package k8sdynamicruntime

import data.lib.denials
import data.lib.review
import data.lib.rules

violation contains denial if {
	review.judged
	rule := rules.strongest
	not rules.label_accepted
	denial := denials.denial("RULE_VIOLATED", {"title": rule.title, "runtime": rule.runtime})
}
