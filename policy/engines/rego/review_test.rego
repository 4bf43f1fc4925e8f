# Tests of review.rego; updates of every kind are compared with isJudgedChange in review.gator.test.ts.
package lib.review_test

import data.lib.constants
import data.lib.review

pod := {
	"metadata": {"labels": {"runtime": "kata"}, "annotations": {"note": "x"}},
	"spec": {"runtimeClassName": "kata", "containers": [{"name": "main", "image": "nginx", "resources": {"requests": {"cpu": "1"}}}]},
}

changed(path, value) := json.patch(pod, [{"op": "add", "path": path, "value": value}])

judged_update(old, new) if {
	review.judged with input as {
		"parameters": {"labelKey": "runtime"},
		"review": {"operation": "UPDATE", "oldObject": old, "object": new},
	}
}

test_creations_and_audits_are_judged if {
	review.judged with input as {"review": {"operation": "CREATE", "object": pod}}
	review.judged with input as {"review": {"object": pod}}
}

test_deletions_and_connections_are_not_judged if {
	not review.judged with input as {"review": {"operation": "DELETE", "oldObject": pod}}
	not review.judged with input as {"review": {"operation": "CONNECT"}}
}

test_an_update_of_a_pod_that_is_being_deleted_is_not_judged if {
	old := changed("/metadata/deletionTimestamp", "2026-01-01T00:00:00Z")
	not judged_update(old, changed("/spec/runtimeClassName", "runc"))
}

test_an_update_that_changes_what_a_policy_decides_by_is_judged if {
	every path, value in {
		"/metadata/labels/runtime": "gvisor",
		"/metadata/annotations/dev.gvisor.flag.debug": "true",
		"/spec/runtimeClassName": "gvisor",
		"/spec/resources": {"limits": {"cpu": "4"}},
		"/spec/containers/0/image": "pytorch",
		"/spec/containers/0/restartPolicy": "Always",
		"/spec/containers/0/resources": {"requests": {"cpu": "2"}},
		"/spec/ephemeralContainers": [{"name": "debug", "image": "busybox"}],
		"/spec/initContainers": [{"name": "init", "image": "busybox"}],
	} {
		judged_update(pod, changed(path, value))
	}
}

test_an_update_of_the_decision_record_is_judged if {
	judged_update(pod, changed("/metadata/annotations", {constants.decision_annotation: "{}"}))
}

test_an_update_of_anything_else_is_not_judged if {
	every path, value in {
		"/metadata/labels/app": "web",
		"/metadata/annotations/note": "y",
		"/metadata/finalizers": [],
		"/status": {"phase": "Running"},
		"/spec/containers/0/resources": {"requests": {"cpu": "1000m"}},
		"/spec/containers/0/terminationMessagePath": "/tmp/x",
	} {
		not judged_update(pod, changed(path, value))
	}
}

test_mirrors_of_static_pods_are_not_judged if {
	not review.judged with input as {"review": {"object": {"metadata": {"annotations": {"kubernetes.io/config.mirror": ""}}}}}
}
