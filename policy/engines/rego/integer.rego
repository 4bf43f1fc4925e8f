# Integers of any size, in a form that Rego's own comparison orders.
# OPA computes with floats of 64 bits of mantissa (open-policy-agent/opa v1.17.1, v1/topdown/arithmetic.go), while a quantity
# in nano-units takes 93 bits and more. So an integer is an array of limbs, and no number leaves the exact range.
package lib.integer

# An integer is [count, limb, limb, ...]: the number of limbs, then the base-10^9 limbs, most significant first, without leading
# zeros. Every member is negated for a negative integer; zero is [0].
# Rego compares arrays member by member, which orders these as the integers they stand for.

base := 1000000000

zero := [0]

of_digits(digits) := of_limbs(limbs_of(digits))

of_limbs(limbs) := array.concat([count(limbs)], limbs)

negated(n) := [negative | some part in n; negative := 0 - part]

# The sum of the integers; undefined for an empty array.
total(integers) := difference(
	unsigned_total([n | some n in integers; n[0] >= 0]),
	unsigned_total([negated(n) | some n in integers; n[0] < 0]),
) if {
	count(integers) > 0
}

# Decimal digits multiplied by an integer of up to 19 digits.
product_digits(digits, factor) := format_int(to_number(digits) * factor, 10) if {
	digits != ""
	count(digits) + count(format_int(factor, 10)) <= 18
} else := concat("", [sprintf("%09d", [limb]) | some limb in product(limbs_of(digits), limbs_of(format_int(factor, 10)))])

product(a, b) := carried([column |
	some place in numbers.range(0, (count(a) + count(b)) - 2)
	column := sum([part | some i, limb in a; part := limb * b[place - i]])
])

zeros(0) := ""

zeros(n) := concat("", ["0" | some _ in numbers.range(1, n)]) if n > 0

unsigned_total([]) := zero

unsigned_total([n]) := n

unsigned_total(integers) := of_limbs(carried([column |
	some place in numbers.range(max([n[0] | some n in integers]), 1)
	column := sum([limb_at(n, place) | some n in integers])
])) if {
	count(integers) > 1
}

difference(a, [0]) := a

difference(a, b) := of_limbs(subtracted(a, b)) if {
	b != zero
	a >= b
}

difference(a, b) := negated(of_limbs(subtracted(b, a))) if a < b

# Subtracts by adding the complement, which is never negative; the extra limb that this adds is cut off.
subtracted(a, b) := stripped(array.slice(sums, 1, count(sums))) if {
	sums := carried([column |
		some place in numbers.range(a[0], 1)
		one := count([1 | place == 1])
		column := (((limb_at(a, place) - limb_at(b, place)) + base) - 1) + one
	])
}

# Places count from the least significant limb, which is 1.
limb_at(n, place) := n[count(n) - place] if place < count(n)

limb_at(n, place) := 0 if place >= count(n)

# Adding 0 drops the leading zeros that to_number keeps.
limbs_of(digits) := stripped([limb |
	some at in numbers.range_step(0, count(padded) - 1, 9)
	limb := to_number(substring(padded, at, 9)) + 0
]) if {
	digits != ""
	padded := concat("", [zeros((9 - (count(digits) % 9)) % 9), digits])
}

limbs_of("") := []

# Turns columns of up to 10^19 into limbs. After carrying twice, a column exceeds base - 1 by at most one. That one
# passes through full columns, so the first column to the right that is not full decides.
carried(columns) := stripped([limb |
	some i, column in settled
	not_full := [right | some right in array.slice(settled, i + 1, count(settled)); right != base - 1]
	limb := (column + count([1 | not_full[0] >= base])) % base
]) if {
	settled := carried_once(carried_once(columns))
}

carried_once(columns) := [column |
	padded := array.concat(array.concat([0], columns), [0])
	some i in numbers.range(0, count(columns))
	next := padded[i + 1]
	column := (padded[i] % base) + ((next - (next % base)) / base)
]

stripped(limbs) := array.slice(limbs, first, count(limbs)) if {
	first := [i | some i, limb in array.concat(limbs, [1]); limb != 0][0]
}
