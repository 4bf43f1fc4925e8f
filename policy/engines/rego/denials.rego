# What a violation says: the message of policy/decision/messages.ts, filled for the pod under review, and the code.
package lib.denials

import data.lib.constants
import data.lib.facts

denial(code, values) := {
	"msg": filled(constants.messages[code], object.union(values, {"pod": facts.name})),
	"details": {"code": code},
}

# The template with each {placeholder} replaced by its value, "" by an empty one; what a value contains is never replaced.
filled(template, values) := strings.replace_n(placeholders, template) if {
	placeholders := {sprintf("{%s}", [name]): shown(value) | some name, value in values}
}

shown("") := `""`

shown(value) := value if value != ""

# The names with commas between them, the first few of many.
listed(names) := concat("", [concat(", ", first), and_more(count(names) - constants.most_listed)]) if {
	first := [shown(name) | some name in array.slice(names, 0, constants.most_listed)]
}

and_more(omitted) := filled(constants.and_more, {"omitted": format_int(omitted, 10)}) if omitted > 0

and_more(omitted) := "" if omitted <= 0
