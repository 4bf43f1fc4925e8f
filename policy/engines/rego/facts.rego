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

# The node its author names. That of a stored pod, which an update changes and an audit looks at, is the scheduler's.
node_name := node if {
	not is_stored
	node := untrusted.string(pod, ["spec", "nodeName"])
	node != ""
}

is_stored if object.get(input.review, "operation", "") == ""

is_stored if is_object(input.review.oldObject)

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

# Of each hostPath volume the path, absolute and with single slashes however it is spelled, and whether every container that mounts it
# does so to read only.
host_paths := [[plain_path(untrusted.string_or_empty(volume, ["hostPath", "path"])), is_read_only] |
	some volume in volume_objects
	is_object(volume.hostPath)
	is_read_only := count({object.get(volume, "name", null)} & writable_mounts) == 0
]

plain_path(path) := concat("", ["/", concat("/", names)]) if {
	names := [part | some part in split(path, "/"); not part in {"", "."}]
}

# Names of the volumes that a container may write to.
writable_mounts := {name_ |
	some container in containers
	some mount in untrusted.objects(container, ["volumeMounts"])
	not untrusted.flag(mount, ["readOnly"], false)
	name_ := object.get(mount, "name", null)
	is_scalar(name_)
}

is_scalar(value) if type_name(value) in {"string", "number", "boolean", "null"}

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
