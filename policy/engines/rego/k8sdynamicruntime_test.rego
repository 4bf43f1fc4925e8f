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
	denials == {{
		"msg": "Workload web with high compute requires runtime kata",
		"details": {"code": "RULE_VIOLATED"},
	}}
}

test_other_pods_and_other_operations_pass if {
	count(k8sdynamicruntime.violation) == 0 with input as reviewed("CREATE", "kata", "match")
	count(k8sdynamicruntime.violation) == 0 with input as reviewed("CREATE", "gvisor", "mismatch")
	count(k8sdynamicruntime.violation) == 0 with input as reviewed("DELETE", "gvisor", "match")
}
