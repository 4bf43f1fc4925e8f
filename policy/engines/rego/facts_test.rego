# Tests of facts.rego.
package lib.facts_test

import data.lib.facts

reviewed(pod) := {"parameters": {"labelKey": "example.com/runtime"}, "review": {"object": pod}}

test_the_name_is_generate_name_while_it_is_not_set if {
	facts.name == "web-0" with input as reviewed({"metadata": {"name": "web-0", "generateName": "web-"}})
	facts.name == "web-*" with input as reviewed({"metadata": {"name": "", "generateName": "web-"}})
	facts.name == "*" with input as reviewed({})
}

test_the_namespace_of_the_review_wins if {
	pod := {"metadata": {"namespace": "of-the-pod"}}
	facts.namespace == "of-the-pod" with input as reviewed(pod)
	facts.namespace == "of-the-pod" with input as {"review": {"object": pod, "namespace": ""}}
	facts.namespace == "of-the-review" with input as {"review": {"object": pod, "namespace": "of-the-review"}}
	facts.namespace == "" with input as reviewed({})
}

test_the_label_is_the_one_of_the_parameters if {
	facts.label == "kata" with input as reviewed({"metadata": {"labels": {"example.com/runtime": "kata"}}})
	facts.label == "" with input as reviewed({"metadata": {"labels": {"example.com/runtime": ""}}})
	not facts.label with input as reviewed({"metadata": {"labels": {"runtime": "kata"}}})
}

test_an_empty_class_is_a_class if {
	facts.class == "" with input as reviewed({"spec": {"runtimeClassName": ""}})
	not facts.class with input as reviewed({"spec": {"runtimeClassName": null}})
	not facts.class with input as reviewed({})
}

test_labels_and_annotations_are_the_strings_among_them if {
	pod := {"metadata": {"labels": {"a": "b", "c": 1}, "annotations": {"d": "e", "f": null}}}
	facts.labels == {"a": "b"} with input as reviewed(pod)
	facts.annotations == {"d": "e"} with input as reviewed(pod)
}

test_sandbox_annotations_are_known_by_their_prefix if {
	keys := ["io.katacontainers.config.agent.x", "dev.gvisor.flag.debug", "IO.katacontainers.x", "example.com/note"]
	pod := {"metadata": {"annotations": {key: "true" | some key in keys}}}
	facts.sandbox_annotations == {"io.katacontainers.config.agent.x", "dev.gvisor.flag.debug"} with input as reviewed(pod)
}

test_containers_are_main_containers_and_then_init_containers if {
	spec := {"containers": [{"name": "main"}, "odd"], "initContainers": [{"name": "init"}]}
	facts.containers == [{"name": "main"}, {}, {"name": "init"}] with input as reviewed({"spec": spec})
	facts.has_container("init") with input as reviewed({"spec": spec})
	not facts.has_container("other") with input as reviewed({"spec": spec})
}

test_volumes_are_known_by_their_kind if {
	volumes := [{"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {"path": "/"}, "secret": null}]
	facts.volumes == {"emptyDir", "hostPath"} with input as reviewed({"spec": {"volumes": volumes}})
}

test_user_0_is_root_and_another_user_is_not if {
	facts.runs_as_root({"securityContext": {"runAsUser": 0}}) == true with input as reviewed({})
	facts.runs_as_root({"securityContext": {"runAsUser": 1000}}) == false with input as reviewed({})
	facts.runs_as_root({"securityContext": {"runAsNonRoot": true}}) == false with input as reviewed({})
}

test_the_user_of_the_container_wins_over_the_one_of_the_pod if {
	pod := {"spec": {"securityContext": {"runAsUser": 0, "runAsNonRoot": true}}}
	facts.runs_as_root({}) == true with input as reviewed(pod)
	facts.runs_as_root({"securityContext": {"runAsUser": 1000}}) == false with input as reviewed(pod)
}

test_capabilities_have_one_spelling if {
	container := {"securityContext": {"capabilities": {"add": ["cap_net_admin", "SYS_TIME", 1]}}}
	facts.added_capabilities(container) == {"NET_ADMIN", "SYS_TIME"}
}
