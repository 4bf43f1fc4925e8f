# Tests of k8sdynamicruntime.rego.
package k8sdynamicruntime_test

import data.k8sdynamicruntime

reviewed(operation, label, start) := {
	"parameters": {
		"labelKey": "runtime",
		"runtimes": [{"name": "gvisor", "runtimeClassName": "gvisor"}, {"name": "kata", "runtimeClassName": "kata"}],
		"rules": [{
			"name": "high_compute",
			"title": "high compute",
			"runtime": "kata",
			"enforce": "exactly",
			"when": {"start": start, "tests": []},
		}],
	},
	"review": {"operation": operation, "object": {"metadata": {"name": "web", "labels": {"runtime": label}}}},
}

test_a_pod_that_a_rule_matches_needs_its_runtime if {
	denials := k8sdynamicruntime.violation with input as reviewed("CREATE", "gvisor", "match")
	sentence := "Workload web with high compute requires runtime kata"
	hint := "Its label is gvisor and its class none; the pod as a whole matched. Remove both, or set them to kata and kata"
	denials == {{"msg": concat(". ", [sentence, hint]), "details": {"code": "RULE_VIOLATED"}}}
}

test_other_pods_and_other_operations_pass if {
	count(k8sdynamicruntime.violation) == 0 with input as reviewed("CREATE", "kata", "match")
	count(k8sdynamicruntime.violation) == 0 with input as reviewed("CREATE", "gvisor", "mismatch")
	count(k8sdynamicruntime.violation) == 0 with input as reviewed("DELETE", "gvisor", "match")
}

refusing(effects) := {
	"parameters": {
		"labelKey": "runtime",
		"runtimes": [{"name": "kata", "runtimeClassName": "kata"}],
		"rules": [{"name": name, "title": name, name: "because", "when": {"start": "match", "tests": []}} |
			some name in effects
		],
	},
	"review": {"object": {"metadata": {"name": "web"}}},
}

test_a_pod_that_a_rule_denies_is_refused if {
	denials := k8sdynamicruntime.violation with input as refusing(["deny", "exempt"])
	denials == {{"msg": "Pod web is refused by deny: because. In it the pod as a whole matched", "details": {"code": "DENIED"}}}
}

test_exempt_pods_and_mirrors_of_static_pods_pass if {
	count(k8sdynamicruntime.violation) == 0 with input as refusing(["exempt"])
	mirror := {"annotations": {"kubernetes.io/config.mirror": "x"}}
	count(k8sdynamicruntime.violation) == 0 with input as refusing(["deny"]) with input.review.object.metadata as mirror
}

test_a_pod_that_will_be_given_the_label_passes if {
	reviewed_ := reviewed("CREATE", null, "match")
	count(k8sdynamicruntime.violation) == 1 with input as reviewed_
	count(k8sdynamicruntime.violation) == 0 with input as reviewed_ with input.parameters.selection as {"required": []}
}
