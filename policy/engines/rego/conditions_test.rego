# Tests of conditions.rego; conditions and pods of every kind are compared with matches in matching.gator.test.ts.
package lib.conditions_test

import data.lib.conditions

spec_of(names) := {"spec": {"containers": [{"name": name} | some name in names]}}

test_a_graph_holds_where_its_path_ends_in_a_match if {
	# any: [name is main, not (hostPID)]
	tests := [
		{"name": "first", "container": {"name": {"equals": "main"}}, "ifTrue": "match", "ifFalse": "second"},
		{"name": "second", "pod": {"hostPID": true}, "ifTrue": "mismatch", "ifFalse": "match"},
	]
	conditions.holds({"start": "first", "tests": tests}) with input.review.object as spec_of(["main"])
	conditions.holds({"start": "first", "tests": tests}) with input.review.object as {}
	not conditions.holds({"start": "second", "tests": tests}) with input.review.object as {"spec": {"hostPID": true}}
}

test_a_graph_without_tests_holds_where_it_starts_in_a_match if {
	conditions.holds({"start": "match", "tests": []}) with input.review.object as {}
	not conditions.holds({"start": "mismatch", "tests": []}) with input.review.object as {}
}

both := {"name": {"matches": "^.*-model$"}, "env": {"equals": "TOKEN"}}

test_one_container_has_to_meet_everything if {
	with_env := {"name": "ai-model", "env": [{"name": "TOKEN"}]}
	conditions.passes({"container": both}) with input.review.object as {"spec": {"containers": [{}, with_env]}}
	apart := [{"name": "ai-model"}, {"name": "other", "env": [{"name": "TOKEN"}]}]
	not conditions.passes({"container": both}) with input.review.object as {"spec": {"containers": apart}}
	not conditions.passes({"container": {}}) with input.review.object as {}
}

test_every_container_has_to_meet_it_and_there_has_to_be_one if {
	wanted := {"name": {"matches": "^ai-.*$"}}
	conditions.passes({"everyContainer": wanted}) with input.review.object as spec_of(["ai-a", "ai-b"])
	not conditions.passes({"everyContainer": wanted}) with input.review.object as spec_of(["ai-a", "b"])
	not conditions.passes({"everyContainer": wanted}) with input.review.object as {}
}

# not (name is sidecar)
not_a_sidecar := {"graph": {"start": "container.not", "tests": [{
	"name": "container.not",
	"container": {"name": {"equals": "sidecar"}},
	"ifTrue": "mismatch",
	"ifFalse": "match",
}]}}

test_a_graph_inside_a_container_is_followed_for_each_container if {
	conditions.passes({"container": not_a_sidecar}) with input.review.object as spec_of(["sidecar", "main"])
	not conditions.passes({"container": not_a_sidecar}) with input.review.object as spec_of(["sidecar"])
	not conditions.passes({"container": not_a_sidecar}) with input.review.object as {}
	conditions.passes({"everyContainer": not_a_sidecar}) with input.review.object as spec_of(["main", "init"])
	not conditions.passes({"everyContainer": not_a_sidecar}) with input.review.object as spec_of(["sidecar", "main"])
}

test_the_pod_has_to_meet_everything if {
	wanted := {"hostPID": true, "hostIPC": false}
	conditions.passes({"pod": wanted}) with input.review.object as {"spec": {"hostPID": true}}
	not conditions.passes({"pod": wanted}) with input.review.object as {"spec": {"hostPID": true, "hostIPC": true}}
}
