# What a violation says: message and hint of policy/decision/messages.ts, filled for the pod under review, and the code.
package lib.denials

import data.lib.constants
import data.lib.facts
import data.lib.runtimes
import data.lib.selection

denial(code, values) := {
	"msg": concat("", [filled(constants.messages[code], all), ". ", filled(constants.hints[code], all), see]),
	"details": {"code": code},
} if {
	all := object.union(common, values)
}

# What every denial may say of its pod.
common := {
	"pod": facts.name,
	"namespace": facts.namespace,
	"labelKey": input.parameters.labelKey,
	"label": label_or_none,
	"class": class_or_none,
	"runtimes": runtimes.names,
	"classes": runtimes.class_names,
}

default label_or_none := "none"

label_or_none := selection.label

default class_or_none := "none"

class_or_none := selection.class

default see := ""

see := filled(constants.see, {"helpUrl": input.parameters.helpUrl})

# What a hint asks for.
wanted(runtime) := {"runtime": runtime, "runtimeClass": runtimes.classes[runtime]}

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
