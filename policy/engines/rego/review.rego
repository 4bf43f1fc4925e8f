# Whether a review is judged at all: not where its pod is left alone, and for updates as isJudgedChange in
# policy/decision/judged-change.ts says, which gives the reasons.
package lib.review

import data.lib.constants
import data.lib.facts
import data.lib.resources
import data.lib.rules
import data.lib.untrusted

judged if {
	not unjudged_operation
	not unjudged_update
	not facts.is_mirror
	not rules.is_exempt
}

# Deleting a pod and connecting to it are never refused. Audits have no operation.
unjudged_operation if input.review.operation in {"DELETE", "CONNECT"}

# A pod that is being deleted. Read from the old object: on the status subresource the new one does not have the timestamp.
unjudged_update if {
	input.review.operation == "UPDATE"
	untrusted.string(input.review.oldObject, ["metadata", "deletionTimestamp"])
}

# An update may change everything else on a pod that would be refused today, so that finalizers and status never get stuck.
unjudged_update if {
	input.review.operation == "UPDATE"
	old := input.review.oldObject
	new := input.review.object
	is_object(old)
	judged_strings(old) == judged_strings(new)
	same_resources(untrusted.members(old, ["spec"]), untrusted.members(new, ["spec"]))
	every list in ["containers", "initContainers", "ephemeralContainers"] {
		same_containers(untrusted.elements(old, ["spec", list]), untrusted.elements(new, ["spec", list]))
	}
}

judged_strings(pod) := {
	"label": [label | label := facts.label_of(pod)],
	"class": [class | class := facts.class_of(pod)],
	"annotations": {key: value |
		some key, value in untrusted.string_map(pod, ["metadata", "annotations"])
		is_judged_annotation(key)
	},
}

is_judged_annotation(key) if key == constants.decision_annotation

is_judged_annotation(key) if strings.any_prefix_match(key, constants.sandbox_annotation_prefixes)

# Here and below, equal JSON is compared first: it needs nothing parsed.
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
	container_strings(old) == container_strings(new)
	same_resources(old, new)
}

container_strings(container) := {name: [value | value := untrusted.string(container, [name])] |
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
