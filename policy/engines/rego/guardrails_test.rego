# Tests of guardrails.rego.
package lib.guardrails_test

import data.lib.guardrails

findings(guardrail, opened, pod) := {what |
	whats := guardrails.hollowness with input as reviewed("CREATE", guardrail, opened, pod)
	some what in whats
}

reviewed(operation, guardrail, opened, pod) := {
	"parameters": {
		"runtimes": [
			{"name": "gvisor", "runtimeClassName": "gvisor", "allowedAnnotations": [{"matches": "^dev\\.gvisor\\.flag\\..*$"}]},
			{"name": "kata", "runtimeClassName": "kata-qemu", "allowsPrivileged": true},
		],
		"guardrails": object.union({"closed": [guardrail]}, opened),
	},
	"review": {"operation": operation, "object": pod},
}

found(guardrail, spec) := findings(guardrail, {}, {"spec": spec})

test_only_what_is_closed_is_found if {
	pod := {"spec": {"hostPID": true, "hostIPC": true, "os": {"name": "windows"}}}
	findings("hostPID", {}, pod) == {"shares the processes of its node"}
	count(guardrails.hollowness) == 0 with input as {"parameters": {}, "review": {"object": pod}}
}

test_namespaces_of_the_node if {
	found("hostNetwork", {"hostNetwork": true}) == {"shares the network of its node"}
	found("hostIPC", {"hostIPC": true}) == {"shares the memory of its node"}
	every value in [false, null, "true"] {
		found("hostPID", {"hostPID": value}) == set()
	}
}

test_windows if {
	found("windows", {"os": {"name": "windows"}}) == {"is for Windows"}
	found("windows", {"os": {"name": "linux"}}) == set()
}

test_priority_classes_of_the_system if {
	found("systemPriority", {"priorityClassName": "system-node-critical"}) == {"has priority class system-node-critical"}
	found("systemPriority", {"priorityClassName": "my-system-"}) == set()
}

test_a_node_is_named_by_the_author_only_when_the_pod_is_created if {
	found("nodeName", {"nodeName": "node-1"}) == {"names node node-1"}
	found("nodeName", {"nodeName": ""}) == set()
	every operation in ["UPDATE", null] {
		pod := {"spec": {"nodeName": "node-1"}}
		count(guardrails.hollowness) == 0 with input as reviewed(operation, "nodeName", {}, pod)
	}
}

mounting(path, mounts) := {"spec": {
	"volumes": [{"name": "host", "hostPath": {"path": path}}],
	"containers": [{"volumeMounts": [mount]} | some mount in mounts],
}}

test_paths_of_the_node if {
	findings("hostPaths", {}, mounting("//etc/", [])) == {"mounts /etc of its node"}
	found("hostPaths", {"volumes": [{"hostPath": null}, {"emptyDir": {}}]}) == set()
	volumes := [{"hostPath": {"path": path}} | some path in ["g", "f", "e", "d", "c", "b", "a", "a"]]
	found("hostPaths", {"volumes": volumes}) == {"mounts /a, /b, /c, /d, /e and 2 more of its node"}
}

test_a_path_is_open_to_containers_that_only_read_it if {
	opened := {"readOnlyHostPaths": ["^/dev/kfd$", "^/var/log/.*$"]}
	reading := {"name": "host", "readOnly": true}
	findings("hostPaths", opened, mounting("/var/log/pods", [reading, reading])) == set()
	findings("hostPaths", opened, mounting("/dev/kfd", [])) == set()
	findings("hostPaths", opened, mounting("/var/log/pods", [reading, {"name": "host"}])) == {"mounts /var/log/pods of its node"}
	findings("hostPaths", opened, mounting("/var/logs", [reading])) == {"mounts /var/logs of its node"}
}

privileged(class) := {
	"runtimeClassName": class,
	"initContainers": [{"name": "b", "securityContext": {"privileged": true}}],
	"ephemeralContainers": [{"securityContext": {"privileged": true}}, {"name": "a", "securityContext": {"privileged": "true"}}],
}

test_privileged_containers_are_named if {
	every class in ["gvisor", "runc", null] {
		found("privileged", privileged(class)) == {`runs "", b privileged`}
	}
}

test_a_runtime_may_allow_them if found("privileged", privileged("kata-qemu")) == set()

annotated(class, keys) := {
	"metadata": {"annotations": {key: "true" | some key in keys}},
	"spec": {"runtimeClassName": class},
}

test_sandbox_annotations_must_be_allowed_by_the_runtime_of_the_class if {
	keys := ["dev.gvisor.flag.debug", "io.katacontainers.b"]
	findings("sandboxAnnotations", {}, annotated("gvisor", ["dev.gvisor.flag.debug", "note"])) == set()
	findings("sandboxAnnotations", {}, annotated("gvisor", keys)) == {"sets annotation io.katacontainers.b"}
	every class in ["kata-qemu", "runc", null] {
		findings("sandboxAnnotations", {}, annotated(class, keys)) == {"sets annotations dev.gvisor.flag.debug, io.katacontainers.b"}
	}
}
