# Tests of runtimes.rego.
package lib.runtimes_test

import data.lib.runtimes

labelled(label) := {
	"parameters": {
		"labelKey": "runtime",
		"runtimes": [
			{"name": "gvisor", "runtimeClassName": "gvisor"},
			{"name": "kata", "runtimeClassName": "kata-qemu"},
			{"name": "kata-cc", "runtimeClassName": "kata-cc"},
		],
	},
	"review": {"object": {"metadata": {"labels": {"runtime": label}}}},
}

test_runtimes_are_in_the_order_of_their_strength if {
	runtimes.strengths == {"gvisor": 0, "kata": 1, "kata-cc": 2} with input as labelled("kata")
	runtimes.names == "gvisor, kata, kata-cc" with input as labelled("kata")
	runtimes.class_names == "gvisor, kata-qemu, kata-cc" with input as labelled("kata")
}

test_a_runtime_is_accepted_by_how_the_requirement_is_enforced if {
	accepted := {[given, enforce] |
		some given in ["gvisor", "kata", "kata-cc", "docker", "", null]
		some enforce in ["present", "exactly", "atLeast"]
		runtimes.accepted(enforce, "kata", given) with input as labelled("")
	}
	accepted == {
		["gvisor", "present"],
		["kata", "present"], ["kata", "exactly"], ["kata", "atLeast"],
		["kata-cc", "present"], ["kata-cc", "atLeast"],
	}
}

minimums(namespace) := {
	"parameters": {
		"runtimes": labelled("kata").parameters.runtimes,
		"minimum": [
			{"namespaces": ["a", "b"], "runtime": "kata-cc"},
			{"namespaces": ["b", "c"], "runtime": "kata"},
		],
	},
	"review": {"namespace": namespace, "object": {}},
}

test_the_strongest_minimum_of_the_namespace_holds if {
	runtimes.minimum_name == "kata-cc" with input as minimums("b")
	runtimes.minimum_name == "kata" with input as minimums("c")
	not runtimes.minimum_name with input as minimums("d")
}

test_only_known_runtimes_are_below_the_minimum if {
	below := {name |
		some name in ["gvisor", "kata", "kata-cc", "docker"]
		runtimes.is_below_minimum(name) with input as minimums("c")
	}
	below == {"gvisor"}
	not runtimes.is_below_minimum("gvisor") with input as minimums("d")
}
