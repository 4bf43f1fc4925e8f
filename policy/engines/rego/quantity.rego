# Kubernetes quantities, parsed exactly as parseQuantity in policy/pod/quantity.ts parses them.
# Source: ParseQuantity in k8s.io/apimachinery v0.36.3, pkg/api/resource/quantity.go.
package lib.quantity

import data.lib.integer

decimal_exponents := {
	"n": -9, "u": -6, "m": -3, "": 0,
	"k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
}

binary_factors := {
	"Ki": 1024,
	"Mi": 1048576,
	"Gi": 1073741824,
	"Ti": 1099511627776,
	"Pi": 1125899906842624,
	"Ei": 1152921504606846976,
}

# The largest quantity with a binary suffix: 2^63 - 1 units, in nano-units.
binary_cap := [4, 9, 223372036, 854775807, 0]

# Quantities of more digits than this, in nano-units, all count as the same.
most_digits := 100

saturated := integer.of_digits(concat("", ["1", integer.zeros(most_digits)]))

# The quantity in nano-units, rounded away from zero; undefined for a string that is not a quantity.
parse(string) := signed(sign, magnitude(trim_left(whole, "0"), fraction, suffix)) if {
	string != ""
	some [_, sign, whole, fraction, suffix] in regex.find_all_string_submatch_n(
		"^([+-]?)([0-9]*)(?:[.]([0-9]*))?([KMGTPE]i|[numkMGTPE]?|[eE][+-]?[0-9]+)$",
		string, 1,
	)
	readable(concat("", [whole, fraction]), suffix)
}

signed("-", value) := integer.negated(value)

signed(sign, value) := value if sign != "-"

# The upstream parser reads a string without digits as zero while it computes in an int64, and as an error otherwise.
readable(digits, _) if digits != ""

readable("", suffix) if suffix in {"Ki", "Mi", "Gi", "Ti"}

readable("", suffix) if exponent(suffix) >= -9

magnitude(whole, fraction, suffix) := scaled(
	concat("", [whole, fraction]),
	scale(max([1, count(whole)]) + count(fraction), count(fraction), exponent(suffix)),
)

magnitude(whole, fraction, suffix) := min([binary_cap, scaled(product, 0 - count(places))]) if {
	count(whole) <= 19
	places := shortened(fraction)
	product := integer.product_digits(concat("", [whole, places]), binary_factors[suffix])
}

magnitude(whole, _, suffix) := binary_cap if {
	count(whole) > 19
	binary_factors[suffix]
}

# Under a binary suffix no digit after these can do more than round up: 2^60 and 10^9 have 69 places between them.
shortened(fraction) := concat("", [substring(fraction, 0, 69), one_if_any(substring(fraction, 69, -1))])

one_if_any(digits) := "1" if trim_left(digits, "0") != ""

one_if_any(digits) := "" if trim_left(digits, "0") == ""

exponent(suffix) := decimal_exponents[suffix]

# Read as an int64, then cut to an int32.
exponent(suffix) := int32(value) if {
	regex.match("^[eE][+-]?[0-9]", suffix)
	value := to_number(trim_left(suffix, "eE+")) + 0
	value >= -9223372036854775808
	value <= 9223372036854775807
}

# The power of ten by which the digits are multiplied. The upstream parser computes it in one of two ways, which
# differ where an int32 overflows.
scale(digit_count, places, power) := int32(power - places) if {
	digit_count <= 18
	int32(power - places) >= -9
} else := 0 - int32(places + int32(0 - power))

int32(n) := ((((n + 2147483648) % 4294967296) + 4294967296) % 4294967296) - 2147483648

# The digits multiplied by 10^power, in nano-units; what is less than one nano-unit is rounded up.
scaled(digits, power) := shifted(trim_left(digits, "0"), power + 9)

shifted("", _) := integer.zero

shifted(digits, places) := saturated if {
	digits != ""
	count(digits) + places > most_digits
}

shifted(digits, places) := integer.of_digits(concat("", [digits, integer.zeros(places)])) if {
	digits != ""
	count(digits) + places <= most_digits
	places >= 0
}

shifted(digits, places) := integer.total([integer.of_digits(kept), integer.of_digits(one_if_any(cut))]) if {
	digits != ""
	count(digits) + places <= most_digits
	places < 0
	length := max([0, count(digits) + places])
	kept := substring(digits, 0, length)
	cut := substring(digits, length, -1)
}
