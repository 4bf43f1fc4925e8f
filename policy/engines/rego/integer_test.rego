# Tests of integer.rego.
package lib.integer_test

import data.lib.integer

test_an_integer_is_the_number_of_its_limbs_and_the_limbs if {
	integer.of_digits("") == [0]
	integer.of_digits("0000") == [0]
	integer.of_digits("7") == [1, 7]
	integer.of_digits("1000000000") == [2, 1, 0]
	integer.of_digits("00123456789987654321") == [2, 123456789, 987654321]
}

test_a_negative_integer_has_every_member_negated if integer.negated([2, 1, 5]) == [-2, -1, -5]

test_arrays_are_in_the_order_of_the_integers if {
	ascending := ["9", "10", "999999999", "1000000000", "1000000001", "18446744073709551616", "18446744073709551617"]
	integers := [integer.of_digits(digits) | some digits in ascending]
	negatives := [integer.negated(n) | some n in integers]
	integers == sort(integers)
	array.reverse(negatives) == sort(negatives)
	max(negatives) < integer.zero
	integer.zero < min(integers)
}

test_the_total_of_nothing_is_undefined if not integer.total([])

test_the_total_of_one_integer_is_itself if {
	integer.total([[2, 1, 0]]) == [2, 1, 0]
	integer.total([[-1, -3]]) == [-1, -3]
}

test_a_total_carries_through_full_limbs if {
	full := integer.of_digits("999999999999999999")
	integer.total([full, [1, 1]]) == integer.of_digits("1000000000000000000")
	integer.total([full, full]) == integer.of_digits("1999999999999999998")
	integer.total([full, integer.of_digits("1000000000")]) == integer.of_digits("1000000000999999999")
}

test_a_total_adds_integers_of_both_signs if {
	integer.total([[1, 5], [-1, -5]]) == [0]
	integer.total([[1, 5], [-1, -3]]) == [1, 2]
	integer.total([[1, 3], [-1, -5]]) == [-1, -2]
	integer.total([[2, 1, 0], [-1, -1]]) == [1, 999999999]
	integer.total([[-2, -1, 0], [1, 1]]) == [-1, -999999999]
	integer.total([[0], [-1, -1], [-1, -2]]) == [-1, -3]
}

test_a_product_is_exact if {
	integer.product_digits("12", 1024) == "12288"
	trim_left(integer.product_digits("9223372036854775807", 1152921504606846976), "0") == "10633823966279326982077534977635909632"
	integer.of_digits(integer.product_digits("", 1024)) == [0]
	integer.of_digits(integer.product_digits("0000000000000000000000", 1024)) == [0]
}

test_zeros_repeats_the_digit if {
	integer.zeros(0) == ""
	integer.zeros(3) == "000"
}
