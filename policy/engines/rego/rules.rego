# What the matching rules do to the pod, equal to demandsOf in policy/decision/demands.ts, and what they ask of its runtime, equal to
# strongestRule and acceptableToRules in policy/decision/strength.ts.
package lib.rules

import data.lib.conditions
import data.lib.facts
import data.lib.runtimes

denying := [rule | some rule in input.parameters.rules; rule.deny; conditions.holds(rule.when)]

# Whether a rule leaves the pod alone. The label is asked first: most pods have it, and then no rule has to be tried.
is_exempt if {
	not facts.label
	some rule in input.parameters.rules
	rule.exempt
	conditions.holds(rule.when)
	count(denying) == 0
}

# Names of the containers that satisfy a container condition of the rule, equal to policy/rules/matched.ts.
matched_containers(rule) := {name |
	some test in rule.when.tests
	not regex.match("(^|[.])not[.]", test.name)
	some container in facts.containers
	conditions.container_passes(test.container, container)
	name := facts.container_name(container)
}

# Those that have a say: what they ask for is no weaker than the minimum.
binding := [rule |
	some rule in input.parameters.rules
	rule.runtime
	not runtimes.is_below_minimum(rule.runtime)
	conditions.holds(rule.when)
]

# Whether a rule asks for a runtime, even one that has no say.
asks if count(binding) > 0

asks if {
	some rule in input.parameters.rules
	runtimes.is_below_minimum(rule.runtime)
	conditions.holds(rule.when)
}

required_strength := max([runtimes.strengths[rule.runtime] | some rule in binding])

# The binding rules that name the strongest runtime, by name. Rules that name a weaker one are ignored.
speaking := {rule.name: rule | some rule in binding; runtimes.strengths[rule.runtime] == required_strength}

strongest := speaking[min(object.keys(speaking))]

default enforce := "atLeast"

enforce := "exactly" if {
	some rule in speaking
	rule.enforce == "exactly"
}

# Whether the binding rules, where there are any, accept this runtime.
accept(runtime) if runtimes.accepted(enforce, strongest.runtime, runtime)
