# What a policy can ask about a pod, equal to podFacts in policy/pod/facts.ts; a missing fact is undefined.
package lib.facts

import data.lib.constants
import data.lib.resources
import data.lib.untrusted

pod := input.review.object

metadata := untrusted.string_map(pod, ["metadata"])

# The name, or generateName followed by * while the name is not set.
name := metadata.name if {
	metadata.name != ""
} else := concat("", [object.get(metadata, "generateName", ""), "*"])

namespace := input.review.namespace if {
	input.review.namespace != ""
} else := object.get(metadata, "namespace", "")

labels := untrusted.string_map(pod, ["metadata", "labels"])

annotations := untrusted.string_map(pod, ["metadata", "annotations"])

# Keys of the annotations that configure the sandbox.
sandbox_annotations := {key |
	some key, _ in annotations
	strings.any_prefix_match(key, constants.sandbox_annotation_prefixes)
}

label := label_of(pod)

class := class_of(pod)

label_of(object_) := untrusted.string(object_, ["metadata", "labels", input.parameters.labelKey])

# An empty string counts as an unknown class, not as none: the kubelet would run the pod with the default runtime.
class_of(object_) := untrusted.string(object_, ["spec", "runtimeClassName"])

containers := containers_of(pod)

# Main containers, then init containers and sidecars.
containers_of(object_) := array.concat(
	untrusted.objects(object_, ["spec", "containers"]),
	untrusted.objects(object_, ["spec", "initContainers"]),
)

has_container(container_name) if {
	some container in containers
	container.name == container_name
}

pod_resources := resources.of_pod

volumes := {kind |
	some volume in untrusted.objects(pod, ["spec", "volumes"])
	some kind, value in volume
	kind != "name"
	value != null
}

# True for user 0, false for another user or runAsNonRoot, undefined where the image decides. The container's value wins over
# the pod's (Kubernetes pkg/securitycontext/util.go, DetermineEffectiveSecurityContext).
runs_as_root(container) := user == 0 if {
	user := user_of(container)
} else := false if {
	path := ["securityContext", "runAsNonRoot"]
	untrusted.flag(container, path, untrusted.flag(untrusted.members(pod, ["spec"]), path, false))
}

user_of(container) := user if {
	user := untrusted.integer(container, ["securityContext", "runAsUser"])
} else := untrusted.integer(pod, ["spec", "securityContext", "runAsUser"])

# In upper case without CAP_, because container runtimes accept both spellings of a capability.
added_capabilities(container) := {trim_prefix(upper(capability), "CAP_") |
	some capability in untrusted.elements(container, ["securityContext", "capabilities", "add"])
	is_string(capability)
}
