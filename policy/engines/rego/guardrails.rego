# What of the pod leads around its sandbox, equal to hollowness in policy/decision/guardrails.ts.
package lib.guardrails

import data.lib.constants
import data.lib.denials
import data.lib.facts
import data.lib.untrusted
import data.lib.values

# The guardrails of the namespace: its tenant's, else those of all others.
given := tenant.guardrails if {
	some tenant in input.parameters.tenants
	facts.namespace in tenant.namespaces
} else := input.parameters.guardrails

is_closed(guardrail) if not guardrail in object.get(given, "open", [])

# What the message says the pod does, for each guardrail that is closed for it.
hollow contains what if {
	some guardrail in ["hostNetwork", "hostPID", "hostIPC"]
	untrusted.flag(facts.pod, ["spec", guardrail], false)
	is_closed(guardrail)
	what := constants.hollow[guardrail]
}

hollow contains naming("hostPaths", paths) if {
	paths := {path | some [path, is_read_only] in facts.host_paths; not is_open_path(path, is_read_only)}
	count(paths) > 0
	is_closed("hostPaths")
}

is_open_path(path, true) if {
	some wanted in given.readOnlyHostPaths
	values.string_meets(wanted, path)
}

hollow contains naming("privileged", names) if {
	names := {untrusted.string_or_empty(container, ["name"]) |
		some container in facts.containers
		untrusted.flag(container, ["securityContext", "privileged"], false)
	}
	count(names) > 0
	is_closed("privileged")
	not may_be_privileged
}

may_be_privileged if facts.class in given.privilegedClasses

hollow contains what if {
	class := untrusted.string(facts.pod, ["spec", "priorityClassName"])
	startswith(class, constants.system_priority_prefix)
	is_closed("systemPriority")
	what := denials.filled(constants.hollow.systemPriority, {"class": class})
}

hollow contains what if {
	node := facts.node_name
	is_closed("nodeName")
	what := denials.filled(constants.hollow.nodeName, {"node": node})
}

hollow contains naming("sandboxAnnotation", closed_annotations) if {
	count(closed_annotations) == 1
	is_closed("sandboxAnnotations")
}

hollow contains naming("sandboxAnnotations", closed_annotations) if {
	count(closed_annotations) > 1
	is_closed("sandboxAnnotations")
}

# Sandbox annotations that the runtime of the pod's class does not allow.
closed_annotations := {key | some key in facts.sandbox_annotations; not is_allowed(key)}

is_allowed(key) if {
	some runtime in input.parameters.runtimes
	runtime.runtimeClassName == facts.class
	some wanted in runtime.allowedAnnotations
	values.string_meets(wanted, key)
}

hollow contains constants.hollow.windows if {
	untrusted.string(facts.pod, ["spec", "os", "name"]) == "windows"
	is_closed("windows")
}

naming(template, names) := denials.filled(constants.hollow[template], {"names": listed(sort(names))})

listed(names) := concat("", [concat(", ", [denials.shown(name) | some name in first]), rest(names)]) if {
	first := array.slice(names, 0, constants.most_listed)
}

rest(names) := "" if count(names) <= constants.most_listed

rest(names) := denials.filled(constants.and_more, {"omitted": omitted}) if {
	count(names) > constants.most_listed
	omitted := format_int(count(names) - constants.most_listed, 10)
}
