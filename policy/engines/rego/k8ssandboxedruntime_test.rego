# Tests of k8ssandboxedruntime.rego.
package k8ssandboxedruntime_test

import data.k8ssandboxedruntime

parameters := {
	"labelKey": "runtime",
	"runtimes": [
		{"name": "gvisor", "runtimeClassName": "gvisor"},
		{"name": "kata", "runtimeClassName": "kata-qemu", "allowedAnnotations": [{"equals": "dev.gvisor.allowed"}]},
	],
	"rules": [
		{"name": "a", "runtime": "kata", "when": where("hostPID")},
		{"name": "b", "runtime": "gvisor", "when": where("hostIPC")},
		{"name": "c", "deny": "because", "when": where("hostNetwork")},
	],
	"guardrails": {"closed": ["sandboxAnnotations", "windows"]},
	"unlabelled": {"code": "UNSANDBOXED", "required": [{"namespaces": ["team-a"], "container": "ai-model"}]},
}

where(member) := {
	"start": "pod",
	"tests": [{"name": "pod", "pod": {member: true}, "ifTrue": "match", "ifFalse": "mismatch"}],
}

messages(metadata, spec) := messages_under({}, metadata, spec)

# Of each denial the code and the sentence, without the hint.
messages_under(changes, metadata, spec) := {sprintf("%s: %s", [denial.details.code, split(denial.msg, ". ")[0]]) |
	pod := {"metadata": object.union({"name": "web", "namespace": "team-a"}, metadata), "spec": spec}
	violations := k8ssandboxedruntime.violation with input as {
		"parameters": object.union(parameters, changes),
		"review": {"object": pod},
	}
	some denial in violations
}

kata := {"labels": {"runtime": "kata"}}

annotated(keys) := object.union(kata, {"annotations": {key: "" | some key in keys}})

test_a_pod_of_one_sandbox_passes if messages(kata, {"runtimeClassName": "kata-qemu"}) == set()

test_the_class_alone_is_enough if messages({}, {"runtimeClassName": "gvisor"}) == set()

test_label_and_class_must_be_known if {
	messages({"labels": {"runtime": "docker"}}, {"runtimeClassName": "runc"}) == {
		"UNKNOWN_RUNTIME: Pod web asks for runtime docker, which is not one of gvisor, kata",
		"UNKNOWN_CLASS: Pod web uses runtimeClassName runc, which is not one of gvisor, kata-qemu",
	}
}

test_label_and_class_must_name_the_same_sandbox if {
	messages(kata, {"runtimeClassName": "gvisor"}) == {"CLASS_MISMATCH: Pod web has runtime label kata but runtimeClassName gvisor"}
	messages(kata, {}) == {"CLASS_MISMATCH: Pod web has runtime label kata but runtimeClassName none"}
}

hollow(what) := sprintf("HOLLOW_SANDBOX: Pod web %s, which leads around its sandbox", [what])

test_each_closed_guardrail_denies if {
	spec := {"runtimeClassName": "kata-qemu", "hostPID": true, "os": {"name": "windows"}}
	messages(annotated(["dev.gvisor.a", "dev.gvisor.allowed"]), spec) == {
		hollow("sets annotation dev.gvisor.a"),
		hollow("is for Windows"),
	}
}

test_a_pod_without_label_and_class_is_outside_a_sandbox if {
	messages({}, {}) == {"UNSANDBOXED: Pod web in namespace team-a would run outside a sandbox"}
	messages({"annotations": {"dev.gvisor.a": ""}}, {}) == {hollow("sets annotation dev.gvisor.a")}
}

test_a_pod_that_another_constraint_refuses_is_not_refused_twice if {
	messages({}, {"hostPID": true}) == set()
	messages({}, {"hostNetwork": true}) == set()
	messages({}, {"containers": [{"name": "ai-model"}]}) == set()
}

test_unlabelled_pods_pass_where_the_policy_ignores_them if {
	count(k8ssandboxedruntime.violation) == 0 with input as {
		"parameters": object.remove(parameters, ["unlabelled"]),
		"review": {"object": {}},
	}
}

minimum := {"minimum": [{"namespaces": ["team-a"], "runtime": "kata"}]}

below := {"BELOW_MINIMUM: Pod web needs at least runtime kata in namespace team-a"}

test_label_and_class_must_be_as_strong_as_the_minimum if {
	messages_under(minimum, kata, {"runtimeClassName": "kata-qemu"}) == set()
	messages_under(minimum, {"labels": {"runtime": "gvisor"}}, {"runtimeClassName": "gvisor"}) == below
	messages_under(minimum, {}, {"runtimeClassName": "gvisor"}) == below
	messages_under(minimum, {"namespace": "other"}, {"runtimeClassName": "gvisor"}) == set()
	mismatch := {"CLASS_MISMATCH: Pod web has runtime label kata but runtimeClassName gvisor"}
	messages_under(minimum, kata, {"runtimeClassName": "gvisor"}) == below | mismatch
}

ignored := object.union(minimum, {"unlabelled": {"code": "BELOW_MINIMUM", "required": []}})

test_a_minimum_refuses_unlabelled_pods_that_the_policy_ignores_elsewhere if {
	messages_under(ignored, {}, {}) == below
	messages_under(ignored, {}, {"hostIPC": true}) == below
	messages_under(ignored, {}, {"hostPID": true}) == set()
	messages_under(ignored, {"namespace": "other"}, {}) == set()
}

test_pods_that_are_left_alone_pass if {
	exempt := {"rules": [{"name": "a", "exempt": "because", "when": where("hostPID")}]}
	messages_under(exempt, {}, {"hostPID": true, "runtimeClassName": "runc"}) == set()
	messages({"annotations": {"kubernetes.io/config.mirror": ""}, "labels": {"runtime": "runc"}}, {}) == set()
}
