# Tests of container_facts.rego.
package lib.container_facts_test

import data.lib.container_facts

test_user_0_is_root_and_another_user_is_not if {
	container_facts.runs_as_root({"securityContext": {"runAsUser": 0}}) == true with input.review.object as {}
	container_facts.runs_as_root({"securityContext": {"runAsUser": 1000}}) == false with input.review.object as {}
	container_facts.runs_as_root({"securityContext": {"runAsNonRoot": true}}) == false with input.review.object as {}
}

test_the_user_of_the_container_wins_over_the_one_of_the_pod if {
	pod := {"spec": {"securityContext": {"runAsUser": 0, "runAsNonRoot": true}}}
	container_facts.runs_as_root({}) == true with input.review.object as pod
	container_facts.runs_as_root({"securityContext": {"runAsUser": 1000}}) == false with input.review.object as pod
}

test_capabilities_have_one_spelling if {
	container := {"securityContext": {"capabilities": {"add": ["cap_net_admin", "SYS_TIME", 1], "drop": ["All"]}}}
	container_facts.capabilities(container, "add") == {"NET_ADMIN", "SYS_TIME"}
	container_facts.capabilities(container, "drop") == {"ALL"}
}

own(member, type) := {"name": "main", "securityContext": {member: {"type": type}}}

test_the_seccomp_profile_of_the_container_wins_over_the_one_of_the_pod if {
	pod := {"spec": {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}}
	container_facts.seccomp_profile(own("seccompProfile", "Localhost")) == "Localhost" with input.review.object as pod
	container_facts.seccomp_profile({}) == "RuntimeDefault" with input.review.object as pod
	not container_facts.seccomp_profile({}) with input.review.object as {}
}

annotated(value) := {
	"metadata": {"annotations": {"container.apparmor.security.beta.kubernetes.io/main": value}},
	"spec": {"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}},
}

profile(container, pod) := type if {
	type := container_facts.apparmor_profile(container) with input.review.object as pod
}

test_the_annotation_stands_between_the_apparmor_profiles_of_container_and_pod if {
	profile(own("appArmorProfile", "Localhost"), annotated("unconfined")) == "Localhost"
	profile({"name": "main"}, annotated("unconfined")) == "Unconfined"
	profile({"name": "main"}, annotated("runtime/default")) == "RuntimeDefault"
	profile({"name": "main"}, annotated("localhost/mine")) == "Localhost"
	profile({"name": "main"}, annotated("nonsense")) == "RuntimeDefault"
	profile({"name": "other"}, annotated("unconfined")) == "RuntimeDefault"
	not profile({"name": "main"}, {})
}

test_proc_is_mounted_by_default_as_usual if {
	container_facts.proc_mount({}) == "Default"
	container_facts.proc_mount({"securityContext": {"procMount": "Unmasked"}}) == "Unmasked"
}

test_a_host_port_is_a_port_of_the_node if {
	container_facts.opens_host_port({"ports": [{}, {"hostPort": 80}]}) == true with input.review.object as {}
	container_facts.opens_host_port({"ports": [{"containerPort": 80, "hostPort": 0}]}) == false with input.review.object as {}
	container_facts.opens_host_port({}) == false with input.review.object as {}
}

test_every_port_is_a_port_of_the_node_under_host_network if {
	pod := {"spec": {"hostNetwork": true}}
	container_facts.opens_host_port({"ports": [{"containerPort": 80}]}) == true with input.review.object as pod
	container_facts.opens_host_port({"ports": [{}]}) == false with input.review.object as pod
}

test_variables_are_known_by_name if {
	container_facts.env({"env": [{"name": "A"}, "odd", {"name": 1}, {"name": "B"}]}) == ["A", "B"]
}
