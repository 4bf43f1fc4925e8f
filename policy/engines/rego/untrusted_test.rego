# Tests of untrusted.rego.
package lib.untrusted_test

import data.lib.untrusted

object_ := {"string": "a", "number": 1, "half": 0.5, "flag": true, "map": {"a": "b", "c": 1}, "list": [{"a": 1}, "b"], "null": null}

test_a_string_is_read_only_where_it_is_one if {
	untrusted.string(object_, ["string"]) == "a"
	untrusted.string(object_, ["map", "a"]) == "b"
	not untrusted.string(object_, ["number"])
	not untrusted.string(object_, ["null"])
	not untrusted.string(object_, ["string", "a"])
	not untrusted.string(object_, ["missing"])
}

test_an_integer_is_a_whole_number if {
	untrusted.integer(object_, ["number"]) == 1
	not untrusted.integer(object_, ["half"])
	not untrusted.integer(object_, ["string"])
}

test_a_flag_has_a_default if {
	untrusted.flag(object_, ["flag"], false) == true
	untrusted.flag(object_, ["string"], false) == false
	untrusted.flag(object_, ["missing"], true) == true
}

test_members_of_anything_but_an_object_are_none if {
	untrusted.members(object_, ["map"]) == {"a": "b", "c": 1}
	untrusted.members(object_, ["list"]) == {}
	untrusted.members(object_, ["missing"]) == {}
}

test_a_string_map_leaves_out_other_values if untrusted.string_map(object_, ["map"]) == {"a": "b"}

test_elements_of_anything_but_an_array_are_none if {
	untrusted.elements(object_, ["list"]) == [{"a": 1}, "b"]
	untrusted.elements(object_, ["map"]) == []
}

test_an_element_that_is_not_an_object_reads_as_an_empty_one if untrusted.objects(object_, ["list"]) == [{"a": 1}, {}]
