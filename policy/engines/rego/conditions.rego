# Whether a rule's condition holds; the condition comes as the decision graph that decision-graph.ts makes of it.
package lib.conditions

import data.lib.facts
import data.lib.image
import data.lib.quantity
import data.lib.resources
import data.lib.untrusted

# Every test leads to one of two others, or to an end. The condition holds where the path from the start ends in "match".
holds(graph_) if {
	edges := {test.name: [next(test)] | some test in graph_.tests}
	"match" in graph.reachable(object.union(edges, {"match": []}), {graph_.start})
}

next(test) := test.ifTrue if {
	passes(test)
} else := test.ifFalse

passes(test) if {
	some container in facts.containers
	every member, wanted in test.container {
		container_meets(member, container, wanted)
	}
}

passes(test) if {
	every member, wanted in test.pod {
		pod_meets(member, wanted)
	}
}

container_meets("name", container, wanted) if string_meets(wanted, untrusted.string(container, ["name"]))

container_meets("image", container, wanted) if {
	reference := untrusted.string(container, ["image"])
	every part, wanted_value in wanted {
		image_meets(part, reference, wanted_value)
	}
}

container_meets("requests", container, wanted) if {
	quantities_meet(wanted, resources.of_container(container).requests)
}

container_meets("limits", container, wanted) if {
	quantities_meet(wanted, resources.of_container(container).limits)
}

container_meets("securityContext", container, wanted) if {
	every member, value in wanted {
		security_meets(member, container, value)
	}
}

image_meets("contains", reference, wanted) if contains(reference, wanted)

image_meets(part, reference, wanted) if string_meets(wanted, image.parse(reference)[part])

# A missing value is false for these two and true for escalation, as for the kubelet.
security_meets(member, container, wanted) if {
	member in {"privileged", "readOnlyRootFilesystem"}
	untrusted.flag(container, ["securityContext", member], false) == wanted
}

security_meets("allowPrivilegeEscalation", container, wanted) if {
	untrusted.flag(container, ["securityContext", "allowPrivilegeEscalation"], true) == wanted
}

security_meets("runAsRoot", container, wanted) if facts.runs_as_root(container) == wanted

security_meets("addsCapability", container, wanted) if {
	some capability in {"ALL", wanted}
	capability in facts.added_capabilities(container)
}

pod_meets("namespace", wanted) if string_meets(wanted, facts.namespace)

pod_meets("serviceAccountName", wanted) if string_meets(wanted, untrusted.string(facts.pod, ["spec", "serviceAccountName"]))

pod_meets("labels", wanted) if strings_meet(wanted, facts.labels)

pod_meets("annotations", wanted) if strings_meet(wanted, facts.annotations)

pod_meets(member, wanted) if {
	member in {"hostNetwork", "hostPID", "hostIPC"}
	untrusted.flag(facts.pod, ["spec", member], false) == wanted
}

pod_meets("volumes", wanted) if {
	every kind in wanted {
		kind in facts.volumes
	}
}

pod_meets("requests", wanted) if quantities_meet(wanted, facts.pod_resources.requests)

pod_meets("limits", wanted) if quantities_meet(wanted, facts.pod_resources.limits)

strings_meet(wanted, map) if {
	every key, wanted_value in wanted {
		entry_meets(wanted_value, key, map)
	}
}

entry_meets(wanted, key, map) if string_meets(wanted, map[key])

entry_meets(wanted, key, map) if {
	wanted.exists == false
	not key in object.keys(map)
}

# Undefined strings never reach these.
string_meets(wanted, string) if string == wanted.equals

string_meets(wanted, string) if regex.match(wanted.matches, string)

string_meets(wanted, _) if wanted.exists

quantities_meet(wanted, quantities) if {
	every resource, comparisons in wanted {
		every operator, operand in comparisons {
			quantity_meets(operator, resource, quantities, operand)
		}
	}
}

quantity_meets("gt", resource, quantities, operand) if quantities[resource] > quantity.parse(operand)

quantity_meets("gte", resource, quantities, operand) if quantities[resource] >= quantity.parse(operand)

quantity_meets("lt", resource, quantities, operand) if quantities[resource] < quantity.parse(operand)

quantity_meets("lte", resource, quantities, operand) if quantities[resource] <= quantity.parse(operand)

quantity_meets("exists", resource, quantities, true) if quantities[resource]

quantity_meets("exists", resource, quantities, false) if not quantities[resource]
