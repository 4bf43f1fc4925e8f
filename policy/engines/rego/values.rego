# Comparisons of strings, images and quantities with what a condition wants, equal to atomHolds in policy/rules/ask.ts.
package lib.values

import data.lib.image
import data.lib.quantity

# Undefined strings never reach these.
string_meets(wanted, string) if string == wanted.equals

string_meets(wanted, string) if regex.match(wanted.matches, string)

string_meets(wanted, _) if wanted.exists

# Whether one of the strings meets it, or, where it wants none, there is none.
some_meets(wanted, strings) if {
	some string in strings
	string_meets(wanted, string)
}

some_meets(wanted, []) if wanted.exists == false

# Strings by key.
strings_meet(wanted, map) if {
	every key, value in wanted {
		some_meets(value, at(map, key))
	}
}

# What the map has at the key of a condition; at each key that it matches where it is an expression, which no other key looks like.
at(map, key) := [value | value := map[key]] if not startswith(key, "^")

at(map, key) := [value | some name, value in map; regex.match(key, name)] if startswith(key, "^")

image_meets(wanted, reference) if {
	every part, value in wanted {
		part_meets(part, reference, value)
	}
}

part_meets("contains", reference, wanted) if contains(reference, wanted)

part_meets(part, reference, wanted) if string_meets(wanted, image.parse(reference)[part])

# Quantities by key.
quantities_meet(wanted, map) if {
	every key, comparisons in wanted {
		quantities := at(map, key)
		exist_as_wanted(comparisons, quantities)
		some_compares(object.remove(comparisons, {"exists"}), quantities)
	}
}

exist_as_wanted(comparisons, _) if not "exists" in object.keys(comparisons)

exist_as_wanted(comparisons, quantities) if {
	comparisons.exists
	count(quantities) > 0
}

exist_as_wanted(comparisons, []) if comparisons.exists == false

some_compares({}, _)

some_compares(comparisons, quantities) if {
	some quantity_ in quantities
	every operator, operand in comparisons {
		compares(operator, quantity_, quantity.parse(operand))
	}
}

compares("gt", a, b) if a > b

compares("gte", a, b) if a >= b

compares("lt", a, b) if a < b

compares("lte", a, b) if a <= b
