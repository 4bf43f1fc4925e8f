# What the pod under review is asked as a whole, equal to podAtoms in policy/rules/atoms.ts.
package lib.pods

import data.lib.facts
import data.lib.untrusted
import data.lib.values

# Whether the pod meets every member of the condition.
meets(wanted) if {
	every member, value in wanted {
		member_meets(member, value)
	}
}

member_meets("namespace", wanted) if values.string_meets(wanted, facts.namespace)

member_meets("labels", wanted) if values.strings_meet(wanted, facts.labels)

member_meets("annotations", wanted) if values.strings_meet(wanted, facts.annotations)

member_meets("nodeSelector", wanted) if {
	values.strings_meet(wanted, untrusted.string_map(facts.pod, ["spec", "nodeSelector"]))
}

member_meets(member, wanted) if {
	path := texts[member]
	values.some_meets(wanted, [text | text := untrusted.string(facts.pod, path)])
}

texts := {
	"serviceAccountName": ["spec", "serviceAccountName"],
	"priorityClassName": ["spec", "priorityClassName"],
	"os": ["spec", "os", "name"],
}

member_meets(member, wanted) if {
	missing := flags[member]
	untrusted.flag(facts.pod, ["spec", member], missing) == wanted
}

# What a missing value means.
flags := {"hostNetwork": false, "hostPID": false, "hostIPC": false, "hostUsers": true}

member_meets("volumes", wanted) if {
	every kind in wanted {
		kind in facts.volumes
	}
}

member_meets("hostPaths", wanted) if values.some_meets(wanted, facts.host_paths)

member_meets("imageVolumes", wanted) if {
	some reference in facts.image_volumes
	values.image_meets(wanted, reference)
}

member_meets("resourceClaims", wanted) if {
	values.exist_as_wanted(wanted, facts.resource_claims)
	some_claim_meets(object.remove(wanted, {"exists"}))
}

some_claim_meets({})

some_claim_meets(wanted) if {
	some claim in facts.resource_claims
	every member, value in wanted {
		values.string_meets(value, claim[member])
	}
}

member_meets("requests", wanted) if values.quantities_meet(wanted, facts.pod_resources.requests)

member_meets("limits", wanted) if values.quantities_meet(wanted, facts.pod_resources.limits)
