# Tests of resources.rego.
package lib.resources_test

import data.lib.quantity
import data.lib.resources

container(requests) := {"resources": {"requests": requests}}

pod(spec) := {"review": {"object": {"spec": spec}}}

cpu(string) := {"cpu": quantity.parse(string)}

test_a_missing_request_is_the_limit if {
	stated := {"resources": {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1"}}}
	resources.of_container(stated).limits == {"cpu": quantity.parse("2"), "memory": quantity.parse("1Gi")}
	resources.of_container(stated).requests == {"cpu": quantity.parse("1"), "memory": quantity.parse("1Gi")}
}

test_plain_numbers_are_quantities_and_other_values_are_missing if {
	stated := container({"cpu": 4, "memory": "four", "ephemeral-storage": true})
	resources.stated(stated, "requests") == cpu("4")
}

test_main_containers_add_up if {
	spec := {"containers": [container({"cpu": "1"}), container({"cpu": "500m"}), {}]}
	resources.of_pod.requests == cpu("1500m") with input as pod(spec)
}

test_an_init_container_counts_by_its_peak if {
	spec := {
		"initContainers": [container({"cpu": "4"}), container({"cpu": "3"})],
		"containers": [container({"cpu": "1"}), container({"cpu": "2"})],
	}
	resources.of_pod.requests == cpu("4") with input as pod(spec)
}

test_a_sidecar_stays_beside_what_starts_after_it if {
	sidecar := object.union(container({"cpu": "2"}), {"restartPolicy": "Always"})
	before := {"initContainers": [sidecar, container({"cpu": "4"})], "containers": [container({"cpu": "1"})]}
	resources.of_pod.requests == cpu("6") with input as pod(before)
	after := {"initContainers": [container({"cpu": "4"}), sidecar], "containers": [container({"cpu": "1"})]}
	resources.of_pod.requests == cpu("4") with input as pod(after)
}

test_peaks_are_the_same_across_blocks if {
	sidecars := [object.union(container({"cpu": "1"}), {"restartPolicy": "Always"}) | some _ in numbers.range(1, 40)]
	spec := {"initContainers": array.concat(sidecars, [container({"cpu": "5"})]), "containers": [container({"cpu": "1"})]}
	resources.of_pod.requests == cpu("45") with input as pod(spec)
}

test_what_the_pod_states_wins if {
	spec := {"resources": {"requests": {"cpu": "3"}}, "containers": [container({"cpu": "1", "memory": "1Gi"})]}
	resources.of_pod.requests == {"cpu": quantity.parse("3"), "memory": quantity.parse("1Gi")} with input as pod(spec)
}

test_requests_of_a_pod_default_to_its_limits if {
	stated := {"limits": {"cpu": "3", "memory": "2Gi", "hugepages-2Mi": "4Mi"}}
	spec := {"resources": stated, "containers": [container({"cpu": "1", "hugepages-2Mi": "2Mi"})]}
	expected := {"cpu": quantity.parse("1"), "memory": quantity.parse("2Gi"), "hugepages-2Mi": quantity.parse("4Mi")}
	resources.of_pod.requests == expected with input as pod(spec)
}

test_a_pod_may_not_state_extended_resources if {
	spec := {"resources": {"requests": {"nvidia.com/gpu": "1"}}, "containers": []}
	resources.of_pod.requests == {} with input as pod(spec)
}
