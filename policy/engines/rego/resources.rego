# Requests and limits of one container and of the whole pod, equal to containerResources and podResources in policy/pod/resources.ts.
package lib.resources

import data.lib.integer
import data.lib.quantity
import data.lib.untrusted

# What one container states: resource name to quantity. A missing request is the limit.
of_container(container) := {"requests": object.union(limits, requests), "limits": limits} if {
	limits := stated(container, "limits")
	requests := stated(container, "requests")
}

# What a container, or the spec of a pod, states in one of the two lists.
stated(holder, list) := {name: quantity.parse(quantity_string(value)) |
	some name, value in untrusted.members(holder, ["resources", list])
}

quantity_string(value) := value if is_string(value)

# Manifests may write a plain number, as in "cpu: 4".
quantity_string(value) := json.marshal(value) if is_number(value)

# What the whole pod under review needs, overhead excluded: PodRequests and PodLimits of k8s.io/component-helpers v0.36.3
# (resource/helpers.go), after the API server's defaults for pod-level resources (pkg/apis/core/v1/defaults.go).
of_pod := {"requests": object.union(requests, stated_by_pod.requests), "limits": limits} if {
	limits := object.union(peaks("limits"), stated_by_pod.limits)
	requests := with_defaults(peaks("requests"), limits, count(stated_by_pod.requests) + count(stated_by_pod.limits))
}

# Where the pod states anything itself, its requests default to its limits if no container has any; for huge pages always.
with_defaults(requests, limits, stated_count) := object.union(requests, defaults) if {
	stated_count > 0
	defaults := {name: limit | some name, limit in limits; takes_limit(name, requests)}
}

with_defaults(requests, _, 0) := requests

takes_limit(name, _) if is_huge(name)

takes_limit(name, requests) if not requests[name]

# Every quantity a container states, in the order in which containers start, and whether the container then stays: sidecars and
# main containers do, other init containers end before the next one starts.
statements := [[list, name, stays, value] |
	some [stays, resources] in array.concat(starting, main)
	some list, quantities in resources
	some name, value in quantities
]

starting := [[is_sidecar(container), of_container(container)] |
	some container in untrusted.objects(input.review.object, ["spec", "initContainers"])
]

main := [[true, of_container(container)] |
	some container in untrusted.objects(input.review.object, ["spec", "containers"])
]

default is_sidecar(_) := false

is_sidecar(container) if untrusted.string(container, ["restartPolicy"]) == "Always"

peaks(list) := {name: peak(quantities) | some [list_, name], quantities in by_name; list_ == list}

# The inner comprehension closes over variables that it only unifies, so OPA reads the statements once for all names and not
# once for each (OPA documentation, Policy Performance, Comprehension Indexing).
by_name := {[list, name]: quantities |
	some [list, name] in {[list, name] | some [list, name, _, _] in statements}
	quantities := [[stays, value] |
		some statement in statements
		statement[0] == list
		statement[1] == name
		stays := statement[2]
		value := statement[3]
	]
}

peak([[_, value]]) := value

# The larger of two: all that stays, or a container that ends plus what started before it and stays. What has started is
# never more than all that stays, because the API server refuses negative quantities. Adding up by blocks keeps this from
# taking time quadratic in the containers.
peak(quantities) := max(array.concat(whole, passing)) if {
	count(quantities) > 1
	whole := [total | total := integer.total([own | some [true, own] in quantities])]
	staying := [object.get({true: own}, stays, integer.zero) | some [stays, own] in quantities]
	blocks := [integer.total(array.slice(staying, start, start + block_size)) |
		some start in numbers.range_step(0, count(staying) - 1, block_size)
	]
	started := [integer.total(array.concat([integer.zero], array.slice(blocks, 0, block))) | some block, _ in blocks]
	passing := [integer.total(array.concat([own, started[block]], array.slice(staying, block * block_size, place))) |
		some place, [false, own] in quantities
		block := floor(place / block_size)
	]
}

block_size := 32

stated_by_pod := {list: supported |
	some list in ["requests", "limits"]
	supported := {name: value |
		some name, value in stated(untrusted.members(input.review.object, ["spec"]), list)
		pod_may_state(name)
	}
}

# Resources a pod may state for itself (component-helpers, IsSupportedPodLevelResource).
pod_may_state("cpu")

pod_may_state("memory")

pod_may_state(name) if is_huge(name)

is_huge(name) if startswith(name, "hugepages-")
