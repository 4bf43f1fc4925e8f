# The runtimes of the policy and which of them a label may name, equal to policy/decision/strength.ts and
# minimumOf in policy/decision/demands.ts.
package lib.runtimes

import data.lib.facts

# The weakest runtime is 0.
strengths := {runtime.name: strength | some strength, runtime in input.parameters.runtimes}

names := concat(", ", [runtime.name | some runtime in input.parameters.runtimes])

classes := {runtime.name: runtime.runtimeClassName | some runtime in input.parameters.runtimes}

class_names := concat(", ", [runtime.runtimeClassName | some runtime in input.parameters.runtimes])

# Whether the requirement accepts the pod's label. A missing label, or one that names no runtime, is never accepted.
label_accepted("present", _) if strengths[facts.label] >= 0

label_accepted("exactly", runtime) if facts.label == runtime

label_accepted("atLeast", runtime) if strengths[facts.label] >= strengths[runtime]

# Strength of the weakest runtime that pods of this namespace may have; undefined where the policy names none.
minimum := max([strengths[least.runtime] |
	some least in input.parameters.minimum
	facts.namespace in least.namespaces
])

minimum_name := input.parameters.runtimes[minimum].name

is_below_minimum(runtime) if strengths[runtime] < minimum
