/** Rego: requests and limits of one container and of the whole pod, equal to `containerResources` and `podResources`. */
export const RESOURCES_REGO = `package lib.resources

import data.lib.amount
import data.lib.quantity
import data.lib.untrusted

# What one container states: resource name to amount. A request that is missing is the limit.
of_container(container) := {"requests": object.union(limits, requests), "limits": limits} if {
	limits := amounts(untrusted.members(container, ["resources", "limits"]))
	requests := amounts(untrusted.members(container, ["resources", "requests"]))
}

amounts(list) := {name: quantity.parse(quantity_text(value)) | some name, value in list}

quantity_text(value) := value if is_string(value)

# Manifests may write a plain number, as in "cpu: 4".
quantity_text(value) := json.marshal(value) if is_number(value)

# What the whole pod needs, overhead excluded: PodRequests and PodLimits of k8s.io/component-helpers v0.36.3
# (resource/helpers.go), after the API server's defaults for pod-level resources (pkg/apis/core/v1/defaults.go).
of_pod(pod) := {"requests": object.union(requests, stated.requests), "limits": limits} if {
	phases := phases_of(pod)
	stated := stated_by_pod(pod)
	limits := object.union(peaks(phases, "limits"), stated.limits)
	requests := with_defaults(peaks(phases, "requests"), limits, count(stated.requests) + count(stated.limits))
}

# Where the pod states anything itself, its requests default to its limits if no container has any; for huge pages always.
with_defaults(requests, limits, stated) := object.union(requests, defaults) if {
	stated > 0
	defaults := {name: limit | some name, limit in limits; takes_limit(name, requests)}
}

with_defaults(requests, _, 0) := requests

takes_limit(name, _) if is_huge(name)

takes_limit(name, requests) if not requests[name]

# Groups of containers that run at the same time: each init container with the sidecars up to it, then the main ones with
# every sidecar.
phases_of(pod) := array.concat(starting, [array.concat(main, [sidecar | some [_, sidecar] in sidecars])]) if {
	main := [of_container(container) | some container in untrusted.objects(pod, ["spec", "containers"])]
	init := untrusted.objects(pod, ["spec", "initContainers"])
	sidecars := [[i, of_container(container)] | some i, container in init; is_sidecar(container)]
	starting := [array.concat(own, before) |
		some i, container in init
		own := [of_container(container) | not is_sidecar(container)]
		before := [sidecar | some [j, sidecar] in sidecars; j <= i]
	]
}

is_sidecar(container) if untrusted.text(container, ["restartPolicy"]) == "Always"

# For each resource, what the phase that needs most of it needs.
peaks(phases, list) := {name: max(totals) |
	some name in {name | some phase in phases; some resources in phase; some name, _ in resources[list]}
	totals := [amount.total([resources[list][name] | some resources in phase]) | some phase in phases]
}

stated_by_pod(pod) := {list: supported |
	some list in ["requests", "limits"]
	supported := {name: value |
		some name, value in amounts(untrusted.members(pod, ["spec", "resources", list]))
		pod_may_state(name)
	}
}

# Resources a pod may state for itself (component-helpers, IsSupportedPodLevelResource).
pod_may_state("cpu")

pod_may_state("memory")

pod_may_state(name) if is_huge(name)

is_huge(name) if startswith(name, "hugepages-")
`;
