# Tests of conditions.rego; conditions and pods of every kind are compared with matches in matching.gator.test.ts.
package lib.conditions_test

import data.lib.conditions

container := {
	"name": "main",
	"image": "reg.example.com/team/pytorch:2",
	"resources": {"requests": {"cpu": "4001m"}, "limits": {"memory": "1Gi"}},
	"securityContext": {"privileged": true, "runAsUser": 0, "capabilities": {"add": ["CAP_NET_ADMIN"]}},
}

pod := {
	"metadata": {"namespace": "team-a", "labels": {"app": "web"}, "annotations": {"note": "x"}},
	"spec": {
		"serviceAccountName": "builder",
		"hostPID": true,
		"volumes": [{"name": "a", "emptyDir": {}}],
		"containers": [{"name": "other", "image": "nginx"}, container],
	},
}

test_a_graph_holds_where_its_path_ends_in_a_match if {
	# any: [name is main, not (hostPID)]
	tests := [
		{"name": "first", "container": {"name": {"equals": "main"}}, "ifTrue": "match", "ifFalse": "second"},
		{"name": "second", "pod": {"hostPID": true}, "ifTrue": "mismatch", "ifFalse": "match"},
	]
	conditions.holds({"start": "first", "tests": tests}) with input.review.object as pod
	conditions.holds({"start": "first", "tests": tests}) with input.review.object as {}
	not conditions.holds({"start": "second", "tests": tests}) with input.review.object as pod
}

test_a_graph_without_tests_holds_where_it_starts_in_a_match if {
	conditions.holds({"start": "match", "tests": []}) with input.review.object as pod
	not conditions.holds({"start": "mismatch", "tests": []}) with input.review.object as pod
}

test_one_container_has_to_meet_everything if {
	conditions.passes({"container": {"name": {"equals": "main"}, "image": {"contains": "pytorch"}}}) with input.review.object as pod
	not conditions.passes({"container": {"name": {"equals": "other"}, "image": {"contains": "pytorch"}}}) with input.review.object as pod
	not conditions.passes({"container": {}}) with input.review.object as {}
}

container_passes(member, wanted) if conditions.container_meets(member, container, wanted) with input.review.object as pod

test_a_container_meets_names_and_parts_of_the_image if {
	container_passes("name", {"matches": "^ma.*$"})
	not container_passes("name", {"equals": "ma"})
	container_passes("image", {"contains": "team/py", "registry": {"equals": "reg.example.com"}, "tag": {"exists": true}})
	not container_passes("image", {"digest": {"exists": true}})
	not container_passes("image", {"repository": {"equals": "pytorch"}})
}

test_a_container_meets_quantities if {
	container_passes("requests", {"cpu": {"gt": "4", "lt": "5", "gte": "4001m", "lte": "4001m", "exists": true}})
	container_passes("requests", {"memory": {"gte": "1Gi"}})
	not container_passes("requests", {"cpu": {"gt": "4001m"}})
	container_passes("limits", {"memory": {"exists": true}, "nvidia.com/gpu": {"exists": false}})
	not container_passes("limits", {"memory": {"exists": false}})
	not container_passes("limits", {"cpu": {"lt": "100"}})
}

test_a_container_meets_its_security_context if {
	container_passes("securityContext", {"privileged": true, "runAsRoot": true, "readOnlyRootFilesystem": false})
	container_passes("securityContext", {"allowPrivilegeEscalation": true, "addsCapability": "NET_ADMIN"})
	not container_passes("securityContext", {"addsCapability": "SYS_TIME"})
	not container_passes("securityContext", {"privileged": false})
}

test_all_capabilities_are_any_capability if {
	everything := {"securityContext": {"capabilities": {"add": ["all"]}}}
	conditions.security_meets("addsCapability", everything, "SYS_TIME")
}

pod_passes(member, wanted) if conditions.pod_meets(member, wanted) with input.review.object as pod

test_a_pod_meets_its_own_strings if {
	pod_passes("namespace", {"matches": "^team-.*$"})
	pod_passes("serviceAccountName", {"equals": "builder"})
	pod_passes("labels", {"app": {"equals": "web"}, "tier": {"exists": false}})
	pod_passes("annotations", {"note": {"exists": true}})
	not pod_passes("annotations", {"note": {"exists": false}})
	not pod_passes("labels", {"tier": {"matches": "^.*$"}})
}

test_a_pod_meets_host_namespaces_and_volumes if {
	pod_passes("hostPID", true)
	pod_passes("hostIPC", false)
	not pod_passes("hostNetwork", true)
	pod_passes("volumes", ["emptyDir"])
	not pod_passes("volumes", ["emptyDir", "hostPath"])
}

test_a_pod_meets_quantities_of_the_whole_pod if {
	pod_passes("requests", {"cpu": {"gt": "4"}})
	pod_passes("limits", {"memory": {"lte": "1Gi"}})
	not pod_passes("limits", {"cpu": {"exists": true}})
}
