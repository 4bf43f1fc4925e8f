# Tests of rules.rego.
package lib.rules_test

import data.lib.rules

matching(name, runtime, enforce) := {"name": name, "runtime": runtime, "enforce": enforce, "when": {"start": "match", "tests": []}}

other := {"name": "other", "runtime": "kata-cc", "enforce": "exactly", "when": {"start": "mismatch", "tests": []}}

labelled(label, rules_) := {
	"parameters": {
		"labelKey": "runtime",
		"runtimes": [{"name": name, "runtimeClassName": name} | some name in ["gvisor", "kata", "kata-cc"]],
		"rules": rules_,
		"minimum": [{"namespaces": ["team-a"], "runtime": "kata"}],
	},
	"review": {"object": {"metadata": {"labels": {"runtime": label}}}},
}

test_the_strongest_matching_rule_speaks_and_the_first_by_name_among_equals if {
	all := [matching("c", "gvisor", "exactly"), matching("b", "kata", "exactly"), matching("a", "kata", "atLeast"), other]
	rules.strongest.name == "a" with input as labelled("kata", all)
	object.keys(rules.speaking) == {"a", "b"} with input as labelled("kata", all)
}

test_nothing_speaks_where_no_rule_matches if {
	not rules.strongest with input as labelled("kata", [other])
}

test_a_stronger_runtime_is_accepted_where_every_speaking_rule_says_at_least if {
	at_least := [matching("a", "kata", "atLeast"), matching("weak", "gvisor", "exactly")]
	rules.accept("kata-cc") with input as labelled("", at_least)
	rules.accept("kata") with input as labelled("", at_least)
	not rules.accept("gvisor") with input as labelled("", at_least)
	mixed := array.concat(at_least, [matching("b", "kata", "exactly")])
	rules.accept("kata") with input as labelled("", mixed)
	not rules.accept("kata-cc") with input as labelled("", mixed)
}

test_a_rule_that_asks_for_less_than_the_minimum_has_no_say if {
	rules_ := [matching("weak", "gvisor", "exactly")]
	rules.strongest.name == "weak" with input as labelled("kata", rules_)
	not rules.strongest with input as labelled("kata", rules_) with input.review.namespace as "team-a"
	strong := array.concat(rules_, [matching("strong", "kata", "atLeast")])
	rules.strongest.name == "strong" with input as labelled("kata", strong) with input.review.namespace as "team-a"
}

test_a_rule_without_a_say_asks_all_the_same if {
	rules.asks with input as labelled("kata", [matching("weak", "gvisor", "exactly")]) with input.review.namespace as "team-a"
	rules.asks with input as labelled("kata", [matching("strong", "kata", "exactly")]) with input.review.namespace as "team-a"
	not rules.asks with input as labelled("kata", [other, effect("a", "deny", "match")])
}

effect(name, member, start) := {"name": name, member: "because", "when": {"start": start, "tests": []}}

unlabelled(rules_) := {"parameters": {"labelKey": "runtime", "rules": rules_}, "review": {"object": {}}}

test_a_rule_exempts_only_what_no_rule_denies if {
	rules.is_exempt with input as unlabelled([effect("a", "exempt", "match"), effect("b", "deny", "mismatch")])
	not rules.is_exempt with input as unlabelled([effect("a", "exempt", "mismatch"), matching("c", "kata", "exactly")])
	both := [effect("a", "exempt", "match"), effect("b", "deny", "match")]
	not rules.is_exempt with input as unlabelled(both)
	[rule.name | some rule in rules.denying] == ["b"] with input as unlabelled(both)
}

test_a_pod_with_the_label_is_never_exempt if {
	every label in ["kata", "", "runc"] {
		not rules.is_exempt with input as labelled(label, [effect("a", "exempt", "match")])
	}
}

leaf(name, asked) := {"name": name, "container": asked, "ifTrue": "match", "ifFalse": "mismatch"}

test_the_containers_that_matched_are_those_that_satisfy_a_condition_outside_of_not if {
	tests := [
		leaf("any[0].container", {"name": {"equals": "a"}}),
		leaf("not.container", {"name": {"equals": "b"}}),
		leaf("all[0].not.any[0].container", {"name": {"equals": "c"}}),
		{"name": "pod", "pod": {"hostPID": true}, "ifTrue": "match", "ifFalse": "mismatch"},
	]
	containers := [{"name": name} | some name in ["a", "b", "c"]]
	pod := {"spec": {"containers": containers}}
	rules.matched_containers({"when": {"tests": tests}}) == {"a"} with input.review.object as pod
}
