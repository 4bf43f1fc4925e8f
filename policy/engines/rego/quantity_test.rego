# Tests of quantity.rego; every suffix and odd spelling is compared with parseQuantity in library.gator.test.ts.
package lib.quantity_test

import data.lib.integer
import data.lib.quantity

nano(digits) := integer.of_digits(digits)

test_a_plain_number_is_in_nano_units if {
	quantity.parse("0") == integer.zero
	quantity.parse("4") == nano("4000000000")
	quantity.parse("+4") == quantity.parse("4")
	quantity.parse("-4") == integer.negated(nano("4000000000"))
	quantity.parse("0.5") == quantity.parse(".5")
	quantity.parse("1.") == quantity.parse("1")
}

test_decimal_suffixes_are_powers_of_ten if {
	quantity.parse("1n") == nano("1")
	quantity.parse("1u") == nano("1000")
	quantity.parse("4001m") > quantity.parse("4")
	quantity.parse("1k") == quantity.parse("1000")
	quantity.parse("1M") == quantity.parse("1000k")
	quantity.parse("1E") == quantity.parse("1000000000000000000")
}

test_binary_suffixes_are_powers_of_two if {
	quantity.parse("1Ki") == quantity.parse("1024")
	quantity.parse("1.5Gi") == quantity.parse("1536Mi")
	quantity.parse("1Gi") > quantity.parse("1G")
}

test_binary_suffixes_end_at_an_int64 if {
	quantity.parse("8Ei") == quantity.binary_cap
	quantity.parse("99999999999999999999Ki") == quantity.binary_cap
	quantity.parse("8Ei") == quantity.parse("9223372036854775807")
}

test_exponents_are_powers_of_ten if {
	quantity.parse("1e3") == quantity.parse("1k")
	quantity.parse("1E3") == quantity.parse("1k")
	quantity.parse("1e-3") == quantity.parse("1m")
	quantity.parse("1e4294967296") == quantity.parse("1")
	not quantity.parse("1e9223372036854775808")
}

test_less_than_a_nano_unit_is_rounded_up if {
	quantity.parse("0.1n") == nano("1")
	quantity.parse("3.001n") == nano("4")
	quantity.parse("-3.001n") == integer.negated(nano("4"))
	quantity.parse("0.000000000000000000000000001Ki") == nano("1")
}

test_quantities_of_more_than_a_hundred_digits_count_as_the_same if {
	quantity.parse("1e200") == quantity.parse("1e150")
	quantity.parse("1e200") > quantity.parse("1e90")
}

test_a_suffix_without_digits_is_zero_where_upstream_reads_zero if {
	quantity.parse("Ki") == integer.zero
	quantity.parse("k") == integer.zero
	quantity.parse("e5") == integer.zero
	not quantity.parse("Pi")
	not quantity.parse("e-10")
}

test_other_strings_are_not_quantities if {
	every string in ["", "four", "1.1.1", "0x10", "1k5", "1 ", "1_000", "Inf"] {
		not quantity.parse(string)
	}
}
