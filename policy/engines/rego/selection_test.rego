# Tests of selection.rego.
package lib.selection_test

import data.lib.selection

rule(name, runtime, enforce) := {
	"name": name,
	"runtime": runtime,
	"enforce": enforce,
	"when": {"start": "match", "tests": []},
}

defaults := {
	"labelKey": "runtime",
	"runtimes": [{"name": name, "runtimeClassName": concat("", [name, "-class"])} | some name in ["gvisor", "kata", "kata-cc"]],
	"selection": {"required": [], "unlabelled": {"runtime": "kata"}},
}

reviewed(label, class, parameters) := {
	"parameters": object.union(object.remove(defaults, object.keys(parameters)), parameters),
	"review": {
		"operation": "CREATE",
		"namespace": "team-a",
		"object": {
			"metadata": {"labels": {"runtime": label}},
			"spec": {"runtimeClassName": class, "containers": [{"name": "main"}]},
		},
	},
}

# What is chosen: label and class, or null.
outcome(label, class, parameters) := {"label": label_after, "class": class_after} if {
	label_after := label_under(reviewed(label, class, parameters))
	class_after := class_under(reviewed(label, class, parameters))
}

label_under(given) := label if {
	label := selection.label with input as given
} else := null

class_under(given) := class if {
	class := selection.class with input as given
} else := null

of(runtime) := {"label": runtime, "class": concat("", [runtime, "-class"])}

minimum(runtime) := {"minimum": [{"namespaces": ["team-a"], "runtime": runtime}]}

test_a_label_gets_its_class if {
	outcome("gvisor", null, {}) == of("gvisor")
	outcome("gvisor", null, {"rules": [rule("a", "kata", "exactly")]}) == of("gvisor")
	outcome("gvisor", "kata-class", {}) == {"label": "gvisor", "class": "kata-class"}
	outcome("runc", null, {}) == {"label": "runc", "class": null}
	outcome("", null, {}) == {"label": "", "class": null}
}

test_a_class_gets_its_label_where_rules_and_minimum_accept_it if {
	outcome(null, "gvisor-class", {}) == of("gvisor")
	outcome(null, "kata-cc-class", {"rules": [rule("a", "kata", "atLeast")]}) == of("kata-cc")
	outcome(null, "kata-class", minimum("kata")) == of("kata")
	every parameters in [{"rules": [rule("a", "kata", "exactly")]}, minimum("kata")] {
		outcome(null, "gvisor-class", parameters) == {"label": null, "class": "gvisor-class"}
	}
	every class in ["runc", ""] {
		outcome(null, class, {}) == {"label": null, "class": class}
	}
}

test_rules_choose_the_strongest_runtime_and_at_least_the_minimum if {
	both := {"rules": [rule("a", "gvisor", "exactly"), rule("b", "kata", "exactly")]}
	outcome(null, null, both) == of("kata")
	outcome(null, null, object.union(both, minimum("gvisor"))) == of("kata")
	outcome(null, null, object.union(both, minimum("kata-cc"))) == of("kata-cc")
}

test_other_pods_get_what_the_policy_assigns_and_at_least_the_minimum if {
	outcome(null, null, {}) == of("kata")
	outcome(null, null, minimum("gvisor")) == of("kata")
	outcome(null, null, minimum("kata-cc")) == of("kata-cc")
}

nothing := {"label": null, "class": null}

test_pods_that_the_policy_ignores_get_the_minimum_alone if {
	ignored := {"selection": {"required": [], "unlabelled": {}}}
	outcome(null, null, ignored) == nothing
	outcome(null, null, object.union(ignored, minimum("gvisor"))) == of("gvisor")
}

test_nothing_is_chosen_where_the_author_has_to_choose if {
	denied := {"selection": {"required": []}}
	outcome(null, null, denied) == nothing
	outcome(null, null, object.union(denied, minimum("kata"))) == nothing
	required := {"selection": {"required": [{"namespaces": ["team-a"], "container": "main"}], "unlabelled": {}}}
	outcome(null, null, required) == nothing
	outcome(null, null, object.union(required, {"rules": [rule("a", "kata", "exactly")]})) == of("kata")
}

test_only_the_creation_of_pods_that_no_mutator_changes_is_foreseen if {
	enforced := object.remove(reviewed(null, null, {}).parameters, ["selection"])
	not selection.label with input as reviewed(null, null, {}) with input.parameters as enforced
	every operation in ["UPDATE", null] {
		not selection.label with input as reviewed(null, null, {}) with input.review.operation as operation
		not selection.class with input as reviewed("kata", null, {}) with input.review.operation as operation
	}
}
