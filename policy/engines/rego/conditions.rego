# Whether a rule's condition holds; the condition comes as the decision graph that decision-graph.ts makes of it.
package lib.conditions

import data.lib.containers
import data.lib.facts
import data.lib.pods

# Every test leads to one of two others, or to an end. The condition holds where the path from the start ends in "match".
holds(graph_) if arrives(graph_.start, {test.name: [next(test)] | some test in graph_.tests})

arrives(start, edges) if "match" in graph.reachable(object.union(edges, {"match": []}), {start})

next(test) := test.ifTrue if {
	passes(test)
} else := test.ifFalse

passes(test) if {
	some container in facts.containers
	container_passes(test.container, container)
}

passes(test) if {
	count(facts.containers) > 0
	every container in facts.containers {
		container_passes(test.everyContainer, container)
	}
}

passes(test) if pods.meets(test.pod)

container_passes(asked, container) if {
	not asked.graph
	containers.meets(container, asked)
}

container_passes(asked, container) if {
	edges := {test.name: [next_for(test, container)] | some test in asked.graph.tests}
	arrives(asked.graph.start, edges)
}

next_for(test, container) := test.ifTrue if {
	containers.meets(container, test.container)
} else := test.ifFalse
