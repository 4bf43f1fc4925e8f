/** Rego: whether a review is one to judge at all; of updates, equal to `isJudgedChange`, where the reasons are. */
import { DECISION_ANNOTATION, SANDBOX_ANNOTATION_PREFIXES } from '../../../../base/names';

export const REVIEW_REGO = `package lib.review

import data.lib.facts
import data.lib.resources
import data.lib.untrusted

# What may never be refused: taking a pod away, and talking to one that runs. Audits have no operation.
judged if {
	not input.review.operation in {"DELETE", "CONNECT"}
	not unjudged_update
}

# A pod that is being deleted. The new object does not say so on the status subresource.
unjudged_update if {
	input.review.operation == "UPDATE"
	untrusted.text(input.review.oldObject, ["metadata", "deletionTimestamp"])
}

# An update may change all else on a pod that would be refused today, so that finalizers and status never get stuck.
unjudged_update if {
	input.review.operation == "UPDATE"
	old := input.review.oldObject
	new := input.review.object
	is_object(old)
	judged_texts(old) == judged_texts(new)
	same_resources(untrusted.members(old, ["spec"]), untrusted.members(new, ["spec"]))
	every list in ["containers", "initContainers", "ephemeralContainers"] {
		same_containers(untrusted.elements(old, ["spec", list]), untrusted.elements(new, ["spec", list]))
	}
}

judged_texts(pod) := {
	"label": [label | label := facts.label_of(pod)],
	"class": [class | class := facts.class_of(pod)],
	"annotations": {key: value |
		some key, value in untrusted.texts(pod, ["metadata", "annotations"])
		is_judged_annotation(key)
	},
}

is_judged_annotation(${JSON.stringify(DECISION_ANNOTATION)})

is_judged_annotation(key) if strings.any_prefix_match(key, ${JSON.stringify(SANDBOX_ANNOTATION_PREFIXES)})

# Here and below, what is written alike is alike and costs no more than comparing it.
same_containers(old, new) if old == new

same_containers(old, new) if {
	old != new
	count(old) == count(new)
	every place, container in old {
		same_container(untrusted.as_object(container), untrusted.as_object(new[place]))
	}
}

same_container(old, new) if old == new

same_container(old, new) if {
	old != new
	container_texts(old) == container_texts(new)
	same_resources(old, new)
}

container_texts(container) := {name: [text | text := untrusted.text(container, [name])] |
	some name in ["image", "restartPolicy"]
}

# Of a container, or of the spec of a pod.
same_resources(old, new) if old.resources == new.resources

same_resources(old, new) if {
	not old.resources == new.resources
	every list in ["requests", "limits"] {
		resources.stated(old, list) == resources.stated(new, list)
	}
}
`;
