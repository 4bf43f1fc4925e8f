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

pod_resources := resources.of_pod

volume_objects := untrusted.objects(pod, ["spec", "volumes"])

# Kinds of its volumes.
volumes := {kind |
	some volume in volume_objects
	some kind, value in volume
	kind != "name"
	value != null
}

# Absolute, with single slashes, however they are spelled.
host_paths := [concat("", ["/", concat("/", names)]) |
	some volume in volume_objects
	path := untrusted.string(volume, ["hostPath", "path"])
	names := [part | some part in split(path, "/"); not part in {"", "."}]
]

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
