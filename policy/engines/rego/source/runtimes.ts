/** Rego: the runtimes of the policy, equal to `acceptable.ts`. */
export const RUNTIMES_REGO = `package lib.runtimes

import data.lib.facts

# The weakest runtime is 0.
strengths := {runtime.name: strength | some strength, runtime in input.parameters.runtimes}

names := concat(", ", [runtime.name | some runtime in input.parameters.runtimes])

classes := {runtime.name: runtime.runtimeClassName | some runtime in input.parameters.runtimes}

class_names := concat(", ", [runtime.runtimeClassName | some runtime in input.parameters.runtimes])

# Whether the pod's label names a runtime that will do. A label that names none never will, a missing one neither.
label_accepted("present", _) if strengths[facts.label] >= 0

label_accepted("exactly", runtime) if facts.label == runtime

label_accepted("atLeast", runtime) if strengths[facts.label] >= strengths[runtime]
`;
