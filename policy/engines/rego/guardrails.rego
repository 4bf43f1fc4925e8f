# What of the pod leads around its sandbox, equal to hollowness in policy/decision/guardrails.ts. Parameters name the closed guardrails only.
package lib.guardrails

import data.lib.constants
import data.lib.denials
import data.lib.facts
import data.lib.selection
import data.lib.untrusted
import data.lib.values

# The {what} of each denial, by guardrail.
hollowness[guardrail] := what if {
	some guardrail in input.parameters.guardrails.closed
	what := finding(guardrail)
}

finding("hostPaths") := naming(constants.hollow.hostPaths, closed_host_paths)

finding(guardrail) := constants.hollow[guardrail] if {
	guardrail in {"hostNetwork", "hostPID", "hostIPC"}
	untrusted.flag(facts.pod, ["spec", guardrail], false)
}

finding("privileged") := naming(constants.hollow.privileged, privileged_containers) if not allows_privileged

finding("systemPriority") := denials.filled(constants.hollow.systemPriority, {"class": class}) if {
	class := untrusted.string(facts.pod, ["spec", "priorityClassName"])
	startswith(class, constants.system_priority_prefix)
}

# The scheduler has named the node of a stored pod.
finding("nodeName") := denials.filled(constants.hollow.nodeName, {"node": node}) if {
	input.review.operation == "CREATE"
	node := untrusted.string(facts.pod, ["spec", "nodeName"])
	node != ""
}

finding("sandboxAnnotations") := naming(constants.hollow.sandboxAnnotation, closed_annotations) if {
	count(closed_annotations) == 1
} else := naming(constants.hollow.sandboxAnnotations, closed_annotations)

finding("windows") := constants.hollow.windows if untrusted.string(facts.pod, ["spec", "os", "name"]) == "windows"

naming(template, names) := denials.filled(template, {"names": denials.listed(sort(names))}) if count(names) > 0

closed_host_paths := {path |
	some volume in facts.host_path_volumes
	path := facts.host_path(volume)
	not is_open_host_path(volume, path)
}

is_open_host_path(volume, path) if {
	some pattern in input.parameters.guardrails.readOnlyHostPaths
	regex.match(pattern, path)
	not object.get(volume, "name", null) in writable_volumes
}

# Names of the volumes that a container mounts without readOnly.
writable_volumes := {object.get(mount, "name", null) |
	some container in facts.containers
	some mount in untrusted.objects(container, ["volumeMounts"])
	not untrusted.flag(mount, ["readOnly"], false)
}

privileged_containers := {facts.container_name(container) |
	some container in facts.containers
	untrusted.flag(container, ["securityContext", "privileged"], false)
}

allows_privileged if sandbox.allowsPrivileged

closed_annotations := {key | some key in facts.sandbox_annotations; not is_allowed(key)}

is_allowed(key) if {
	some wanted in sandbox.allowedAnnotations
	values.string_meets(wanted, key)
}

# The runtime of the pod's class.
sandbox := runtime if {
	some runtime in input.parameters.runtimes
	runtime.runtimeClassName == selection.class
}
