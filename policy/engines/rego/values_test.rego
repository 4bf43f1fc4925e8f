# Tests of values.rego.
package lib.values_test

import data.lib.quantity
import data.lib.values

test_one_string_meets_it if {
	values.some_meets({"equals": "b"}, ["a", "b"])
	values.some_meets({"matches": "^b.*$"}, ["a", "bc"])
	values.some_meets({"exists": true}, [""])
	not values.some_meets({"matches": "^.*$"}, [])
	not values.some_meets({"exists": true}, [])
	values.some_meets({"exists": false}, [])
	not values.some_meets({"exists": false}, ["a"])
}

map := {"team": "red", "example.com/a": "blue", "example.com/b": "red"}

any_of_example := `^example\.com/[\s\S]*$`

test_strings_are_found_by_key if {
	values.strings_meet({"team": {"equals": "red"}, "tier": {"exists": false}}, map)
	not values.strings_meet({"team": {"exists": false}}, map)
	not values.strings_meet({"tier": {"matches": "^.*$"}}, map)
}

test_one_matching_key_has_the_string if {
	values.strings_meet({any_of_example: {"equals": "blue"}}, map)
	not values.strings_meet({any_of_example: {"equals": "green"}}, map)
	not values.strings_meet({any_of_example: {"exists": false}}, map)
	values.strings_meet({`^other[\s\S]*$`: {"exists": false}}, map)
	not values.strings_meet({`^other[\s\S]*$`: {"exists": true}}, map)
}

test_every_part_of_an_image_is_met if {
	values.image_meets({"contains": "py", "tag": {"equals": "latest"}}, "pytorch")
	not values.image_meets({"contains": "py", "digest": {"matches": "^.*$"}}, "pytorch")
	not values.image_meets({"registry": {"equals": "docker.io"}}, "not an image")
}

amounts := {name: quantity.parse(string) |
	some name, string in {"cpu": "4001m", "example.com/a": "1", "example.com/b": "8"}
}

test_quantities_are_compared if {
	values.quantities_meet({"cpu": {"gt": "4", "lt": "5", "gte": "4001m", "lte": "4001m", "exists": true}}, amounts)
	not values.quantities_meet({"cpu": {"gt": "4001m"}}, amounts)
	not values.quantities_meet({"cpu": {"exists": false}}, amounts)
	values.quantities_meet({"memory": {"exists": false}}, amounts)
	not values.quantities_meet({"memory": {"lt": "1", "exists": false}}, amounts)
}

test_one_matching_key_has_a_quantity_that_meets_all_comparisons if {
	values.quantities_meet({any_of_example: {"gt": "4", "lt": "9"}}, amounts)
	not values.quantities_meet({any_of_example: {"gt": "1", "lt": "8"}}, amounts)
	values.quantities_meet({any_of_example: {"exists": true}}, amounts)
	not values.quantities_meet({any_of_example: {"exists": false}}, amounts)
}
