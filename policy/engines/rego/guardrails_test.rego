# Tests of guardrails.rego.
package lib.guardrails_test

import data.lib.guardrails

parameters := {
	"labelKey": "runtime",
	"runtimes": [
		{"name": "gvisor", "runtimeClassName": "gvisor"},
		{"name": "kata", "runtimeClassName": "kata-qemu", "allowedAnnotations": [{"equals": "dev.gvisor.allowed"}]},
	],
	"guardrails": {"privilegedClasses": ["kata-qemu"], "readOnlyHostPaths": [{"equals": "/var/log"}]},
	"tenants": [{"namespaces": ["open"], "guardrails": {"open": ["hostNetwork", "hostPaths", "privileged"]}}],
}

hollow(namespace, spec) := hollow_with(namespace, {}, spec)

hollow_with(namespace, annotations, spec) := what if {
	pod := {"metadata": {"namespace": namespace, "annotations": annotations}, "spec": spec}
	review := {"operation": "CREATE", "object": pod}
	what := guardrails.hollow with input as {"parameters": parameters, "review": review}
}

test_a_plain_pod_is_not_hollow if hollow("team-a", {"containers": [{"name": "main"}]}) == set()

test_namespaces_of_the_node_are_closed_unless_opened if {
	spec := {"hostNetwork": true, "hostPID": true, "hostIPC": false}
	hollow("team-a", spec) == {"shares the network of its node", "shares the processes of its node"}
	hollow("open", spec) == {"shares the processes of its node"}
}

mounting(read_only) := {
	"volumes": [{"name": "log", "hostPath": {"path": "/var//log/"}}, {"name": "root", "hostPath": {}}],
	"containers": [{"volumeMounts": [{"name": "log", "readOnly": read_only}]}],
}

test_host_paths_are_closed_but_for_those_that_may_be_read if {
	hollow("team-a", mounting(true)) == {"mounts / of its node"}
	hollow("team-a", mounting(false)) == {"mounts /, /var/log of its node"}
	hollow("open", mounting(false)) == set()
}

privileged(class) := {"runtimeClassName": class, "containers": [
	{"name": "b", "securityContext": {"privileged": true}},
	{"name": "a", "securityContext": {"privileged": true}},
	{"name": "c"},
	{"securityContext": {"privileged": true}},
]}

test_privileged_containers_are_closed_but_for_some_classes if {
	hollow("team-a", privileged("gvisor")) == {`runs "", a, b privileged`}
	hollow("team-a", privileged("kata-qemu")) == set()
	hollow("open", privileged("gvisor")) == set()
}

test_priority_node_and_windows_are_closed if {
	spec := {"priorityClassName": "system-node-critical", "nodeName": "node-1", "os": {"name": "windows"}}
	hollow("team-a", spec) == {"has priority class system-node-critical", "names node node-1", "is for Windows"}
	hollow("team-a", {"priorityClassName": "batch", "nodeName": "", "os": {"name": "linux"}}) == set()
}

annotated(keys) := hollow_with("team-a", {key: "" | some key in keys}, {"runtimeClassName": "kata-qemu"})

test_sandbox_annotations_must_be_allowed if {
	annotated(["dev.gvisor.allowed"]) == set()
	annotated(["dev.gvisor.a"]) == {"sets annotation dev.gvisor.a"}
	annotated(["dev.gvisor.b", "dev.gvisor.a"]) == {"sets annotations dev.gvisor.a, dev.gvisor.b"}
}

test_five_names_are_listed if {
	keys := [concat("", ["dev.gvisor.", letter]) | some letter in ["g", "f", "e", "d", "c", "b", "a"]]
	five := "sets annotations dev.gvisor.a, dev.gvisor.b, dev.gvisor.c, dev.gvisor.d, dev.gvisor.e"
	annotated(array.slice(keys, 2, 7)) == {five}
	annotated(keys) == {concat("", [five, " and 2 more"])}
}
