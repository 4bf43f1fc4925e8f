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
	rules.label_accepted with input as labelled("kata-cc", at_least)
	rules.label_accepted with input as labelled("kata", at_least)
	not rules.label_accepted with input as labelled("gvisor", at_least)
	mixed := array.concat(at_least, [matching("b", "kata", "exactly")])
	rules.label_accepted with input as labelled("kata", mixed)
	not rules.label_accepted with input as labelled("kata-cc", mixed)
}
