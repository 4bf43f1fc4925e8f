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

test_a_mirror_of_a_static_pod_is_known_by_its_annotation if {
	facts.is_mirror with input as reviewed({"metadata": {"annotations": {"kubernetes.io/config.mirror": ""}}})
	not facts.is_mirror with input as reviewed({"metadata": {"annotations": {"kubernetes.io/config.mirror": null}}})
	not facts.is_mirror with input as reviewed({"metadata": {"annotations": {"kubernetes.io/config.source": "file"}}})
}

test_containers_are_main_containers_then_init_containers_then_ephemeral_ones if {
	spec := {
		"ephemeralContainers": [{"name": "debug"}],
		"initContainers": [{"name": "init"}],
		"containers": [{"name": "main"}, "odd"],
	}
	facts.containers == [{"name": "main"}, {}, {"name": "init"}, {"name": "debug"}] with input as reviewed({"spec": spec})
	facts.has_container("debug") with input as reviewed({"spec": spec})
	not facts.has_container("other") with input as reviewed({"spec": spec})
}

test_a_requirement_is_for_its_namespaces if {
	pod := {"metadata": {"namespace": "team-a"}, "spec": {"containers": [{"name": "main"}]}}
	requirement := {"namespaces": ["other", "team-a"], "container": "main"}
	facts.has_required_container([requirement]) with input as reviewed(pod)
	not facts.has_required_container([requirement]) with input as reviewed(pod) with input.review.namespace as "team-b"
	not facts.has_required_container([object.union(requirement, {"container": "side"})]) with input as reviewed(pod)
}

test_volumes_are_known_by_their_kind if {
	volumes := [{"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {"path": "/"}, "secret": null}]
	facts.volumes == {"emptyDir", "hostPath"} with input as reviewed({"spec": {"volumes": volumes}})
}

test_host_paths_are_plain if {
	paths := ["/", "", null, "//etc/.", "var/run/", "/a/../b", "/./x/.y"]
	volumes := array.concat([{"hostPath": {"path": path}} | some path in paths], [{"hostPath": null}])
	facts.host_paths == ["/", "/", "/", "/etc", "/var/run", "/a/../b", "/x/.y"] with input as reviewed({"spec": {"volumes": volumes}})
}

test_image_volumes_are_known_by_their_reference if {
	volumes := [{"image": {"reference": "model:1"}}, {"image": {"reference": 1}}, {"image": null}, {"emptyDir": {}}]
	facts.image_volumes == ["model:1"] with input as reviewed({"spec": {"volumes": volumes}})
}

test_claims_are_known_by_claim_or_template if {
	claims := [{"resourceClaimName": "a"}, {"resourceClaimTemplateName": "b"}, "odd"]
	facts.resource_claims == [{"claim": "a"}, {"template": "b"}, {}] with input as reviewed({"spec": {"resourceClaims": claims}})
}
