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

# Whether the pod only mirrors a static pod, which runs already; isMirror in policy/decision/demands.ts says why it is left alone.
is_mirror if annotations[constants.mirror_annotation]

label := label_of(pod)

class := class_of(pod)

label_of(object_) := untrusted.string(object_, ["metadata", "labels", input.parameters.labelKey])

# An empty string counts as an unknown class, not as none: the kubelet would run the pod with the default runtime.
class_of(object_) := untrusted.string(object_, ["spec", "runtimeClassName"])

containers := containers_of(pod)

# Main containers, then init containers and sidecars, then ephemeral ones.
containers_of(object_) := [container |
	some list in ["containers", "initContainers", "ephemeralContainers"]
	some container in untrusted.objects(object_, ["spec", list])
]

has_container(container_name) if {
	some container in containers
	container.name == container_name
}

# Whether it has a container that one of the requirements names for its namespace.
has_required_container(requirements) if {
	some requirement in requirements
	namespace in requirement.namespaces
	has_container(requirement.container)
}

pod_resources := resources.of_pod

volume_objects := untrusted.objects(pod, ["spec", "volumes"])

# Kinds of its volumes.
volumes := {kind |
	some volume in volume_objects
	some kind, value in volume
	kind != "name"
	value != null
}

host_path_volumes := [volume | some volume in volume_objects; is_object(volume.hostPath)]

host_paths := [host_path(volume) | some volume in host_path_volumes]

# Absolute, with single slashes, however it is spelled.
host_path(volume) := concat("", ["/", concat("/", names)]) if {
	written := object.get(volume, ["hostPath", "path"], "")
	names := [part | is_string(written); some part in split(written, "/"); not part in {"", "."}]
}

# References of its image volumes.
image_volumes := [reference |
	some volume in volume_objects
	reference := untrusted.string(volume, ["image", "reference"])
]

resource_claims := [claim |
	some element in untrusted.objects(pod, ["spec", "resourceClaims"])
	claim := {member: name |
		some member, field in {"claim": "resourceClaimName", "template": "resourceClaimTemplateName"}
		name := untrusted.string(element, [field])
	}
]

container_name(container) := name_ if {
	name_ := untrusted.string(container, ["name"])
} else := ""
