# The runtimes of the policy and which of them are accepted, equal to policy/decision/strength.ts and
# minimumOf in policy/decision/demands.ts.
package lib.runtimes

import data.lib.facts

# The weakest runtime is 0.
strengths := {runtime.name: strength | some strength, runtime in input.parameters.runtimes}

names := concat(", ", [runtime.name | some runtime in input.parameters.runtimes])

classes := {runtime.name: runtime.runtimeClassName | some runtime in input.parameters.runtimes}

class_names := concat(", ", [runtime.runtimeClassName | some runtime in input.parameters.runtimes])

# Whether a requirement for one runtime accepts another. No runtime, or a name that no runtime has, is never accepted.
accepted("present", _, given) if strengths[given] >= 0

accepted("exactly", required, given) if given == required

accepted("atLeast", required, given) if strengths[given] >= strengths[required]

# Strength of the weakest runtime that pods of this namespace may have; undefined where the policy names none.
minimum := max([strengths[least.runtime] |
	some least in input.parameters.minimum
	facts.namespace in least.namespaces
])

minimum_name := input.parameters.runtimes[minimum].name

is_below_minimum(runtime) if strengths[runtime] < minimum
