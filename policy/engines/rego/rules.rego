# What the matching rules ask of the pod's runtime, equal to strongestRule and acceptableToRules in policy/decision/strength.ts.
package lib.rules

import data.lib.conditions
import data.lib.runtimes

matching := [rule | some rule in input.parameters.rules; conditions.holds(rule.when)]

required_strength := max([runtimes.strengths[rule.runtime] | some rule in matching])

# The matching rules that name the strongest runtime, by name. Rules that name a weaker one are ignored.
speaking := {rule.name: rule | some rule in matching; runtimes.strengths[rule.runtime] == required_strength}

strongest := speaking[min(object.keys(speaking))]

default enforce := "atLeast"

enforce := "exactly" if {
	some rule in speaking
	rule.enforce == "exactly"
}

label_accepted if runtimes.label_accepted(enforce, strongest.runtime)
