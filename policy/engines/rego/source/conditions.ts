/** Rego: whether a rule's condition holds. The condition comes as the decision graph that `decision-graph.ts` makes of it. */
export const CONDITIONS_REGO = `package lib.conditions

import data.lib.facts
import data.lib.image
import data.lib.quantity
import data.lib.resources
import data.lib.untrusted

# Every test leads to one of two others, or to the end: the condition holds where the way from the start ends in "match".
holds(graph_) if {
	ways := {test.name: [next(test)] | some test in graph_.tests}
	"match" in graph.reachable(object.union(ways, {"match": []}), {graph_.start})
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

container_meets("name", container, wanted) if text_meets(wanted, untrusted.text(container, ["name"]))

container_meets("image", container, wanted) if {
	reference := untrusted.text(container, ["image"])
	every part, wanted_text in wanted {
		image_meets(part, reference, wanted_text)
	}
}

container_meets("requests", container, wanted) if {
	amounts_meet(wanted, resources.of_container(container).requests)
}

container_meets("limits", container, wanted) if {
	amounts_meet(wanted, resources.of_container(container).limits)
}

container_meets("securityContext", container, wanted) if {
	every member, value in wanted {
		security_meets(member, container, value)
	}
}

image_meets("contains", reference, wanted) if contains(reference, wanted)

image_meets(part, reference, wanted) if text_meets(wanted, image.parse(reference)[part])

# Missing is false for these two, and true for escalation, as for the kubelet.
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

pod_meets("namespace", wanted) if text_meets(wanted, facts.namespace)

pod_meets("serviceAccountName", wanted) if text_meets(wanted, untrusted.text(facts.pod, ["spec", "serviceAccountName"]))

pod_meets("labels", wanted) if texts_meet(wanted, facts.labels)

pod_meets("annotations", wanted) if texts_meet(wanted, facts.annotations)

pod_meets(member, wanted) if {
	member in {"hostNetwork", "hostPID", "hostIPC"}
	untrusted.flag(facts.pod, ["spec", member], false) == wanted
}

pod_meets("volumes", wanted) if {
	every kind in wanted {
		kind in facts.volumes
	}
}

pod_meets("requests", wanted) if amounts_meet(wanted, facts.pod_resources.requests)

pod_meets("limits", wanted) if amounts_meet(wanted, facts.pod_resources.limits)

texts_meet(wanted, texts) if {
	every key, wanted_text in wanted {
		entry_meets(wanted_text, key, texts)
	}
}

entry_meets(wanted, key, texts) if text_meets(wanted, texts[key])

entry_meets(wanted, key, texts) if {
	wanted.exists == false
	not key in object.keys(texts)
}

# Only asked of a text that is there.
text_meets(wanted, text) if text == wanted.equals

text_meets(wanted, text) if regex.match(wanted.matches, text)

text_meets(wanted, _) if wanted.exists

amounts_meet(wanted, amounts) if {
	every resource, comparisons in wanted {
		every operator, operand in comparisons {
			amount_meets(operator, resource, amounts, operand)
		}
	}
}

amount_meets("gt", resource, amounts, operand) if amounts[resource] > quantity.parse(operand)

amount_meets("gte", resource, amounts, operand) if amounts[resource] >= quantity.parse(operand)

amount_meets("lt", resource, amounts, operand) if amounts[resource] < quantity.parse(operand)

amount_meets("lte", resource, amounts, operand) if amounts[resource] <= quantity.parse(operand)

amount_meets("exists", resource, amounts, true) if amounts[resource]

amount_meets("exists", resource, amounts, false) if not amounts[resource]
`;
