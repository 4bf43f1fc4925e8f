# K8sRequiredRuntime: pods with a container of one name, in namespaces the constraint matches, need the runtime label.
package k8srequiredruntime

import data.lib.denials
import data.lib.facts
import data.lib.review
import data.lib.runtimes
import data.lib.selection

violation contains denial if {
	review.judged
	facts.has_container(input.parameters.container)
	not is_accepted
	denial := denials.denial("LABEL_REQUIRED", {
		"container": input.parameters.container,
		"runtime": input.parameters.runtime,
	})
}

is_accepted if runtimes.accepted(input.parameters.enforce, input.parameters.runtime, selection.label)
