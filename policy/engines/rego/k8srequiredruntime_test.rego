# Tests of k8srequiredruntime.rego.
package k8srequiredruntime_test

import data.k8srequiredruntime

reviewed(operation, container, labels) := {
	"parameters": {
		"labelKey": "example.com/runtime",
		"runtimes": [{"name": "gvisor", "runtimeClassName": "gvisor"}, {"name": "kata", "runtimeClassName": "kata"}],
		"container": "ai-model",
		"runtime": "kata",
		"enforce": "exactly",
	},
	"review": {
		"operation": operation,
		"object": {"metadata": {"name": "web", "labels": labels}, "spec": {"containers": [{"name": container}]}},
	},
}

test_a_pod_with_the_container_needs_the_label if {
	every shown, labels in {"none": {}, "gvisor": {"example.com/runtime": "gvisor"}} {
		denials := k8srequiredruntime.violation with input as reviewed("CREATE", "ai-model", labels)
		sentence := "Pod web requires label example.com/runtime to use runtime kata"
		denials == {{
			"msg": sprintf("%s. Container ai-model needs it, and the label is %s", [sentence, shown]),
			"details": {"code": "LABEL_REQUIRED"},
		}}
	}
}

test_other_pods_and_other_operations_pass if {
	count(k8srequiredruntime.violation) == 0 with input as reviewed("CREATE", "ai-model", {"example.com/runtime": "kata"})
	count(k8srequiredruntime.violation) == 0 with input as reviewed("CREATE", "other", {})
	count(k8srequiredruntime.violation) == 0 with input as reviewed("DELETE", "ai-model", {})
}

test_exempt_pods_pass if {
	exempt := {"name": "a", "exempt": "because", "when": {"start": "match", "tests": []}}
	reviewed_ := reviewed("CREATE", "ai-model", {})
	count(k8srequiredruntime.violation) == 0 with input as reviewed_ with input.parameters.rules as [exempt]
}

test_a_pod_that_will_be_given_the_label_passes if {
	reviewed_ := reviewed("CREATE", "ai-model", {})
	rule := {"name": "a", "runtime": "kata", "enforce": "exactly", "when": {"start": "match", "tests": []}}
	count(k8srequiredruntime.violation) == 0 with input as reviewed_
		with input.parameters.rules as [rule]
		with input.parameters.selection as {"required": []}
}
