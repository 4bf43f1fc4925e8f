# The runtimes of the policy and which of them a label may name, equal to policy/decision/strength.ts.
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
