# Tests of denials.rego.
package lib.denials_test

import data.lib.denials

test_a_denial_has_the_message_and_the_code if {
	review := {"namespace": "team-a", "object": {"metadata": {"name": "web"}}}
	parameters := {"labelKey": "runtime", "runtimes": [{"name": "kata", "runtimeClassName": "kata-qemu"}]}
	said(review, parameters) == {
		"msg": "Pod web in namespace team-a would run outside a sandbox. Set label runtime to one of kata",
		"details": {"code": "UNSANDBOXED"},
	}
	endswith(said(review, object.union(parameters, {"helpUrl": "https://x"})).msg, "one of kata. See https://x")
}

said(review, parameters) := denial if {
	denial := denials.denial("UNSANDBOXED", {}) with input as {"review": review, "parameters": parameters}
}

test_what_a_value_contains_is_never_replaced if {
	denials.filled("{a} and {b}, {c}", {"a": "{b}", "b": "$& {a}"}) == "{b} and $& {a}, {c}"
}

test_an_empty_value_is_shown_as_one if {
	denials.filled("{a} and {b}", {"a": "", "b": "x"}) == `"" and x`
}

test_five_names_are_listed_and_the_others_counted if {
	denials.listed(["a"]) == "a"
	denials.listed(["", "b", "c", "d", "e"]) == `"", b, c, d, e`
	denials.listed(["a", "b", "c", "d", "e", "f", "g"]) == "a, b, c, d, e and 2 more"
}
