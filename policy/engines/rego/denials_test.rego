# Tests of denials.rego.
package lib.denials_test

import data.lib.denials

test_a_denial_has_the_message_and_the_code if {
	denial := denials.denial("UNSANDBOXED", {"namespace": "team-a"}) with input.review.object.metadata.name as "web"
	denial == {
		"msg": "Pod web in namespace team-a would run outside a sandbox",
		"details": {"code": "UNSANDBOXED"},
	}
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
