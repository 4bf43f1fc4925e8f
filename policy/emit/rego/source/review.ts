/** Rego: whether a review is one to judge at all. */
export const REVIEW_REGO = `package lib.review

import data.lib.facts
import data.lib.resources
import data.lib.untrusted

# What may never be refused: taking a pod away, and talking to one that runs. Audits have no operation.
judged if {
	not input.review.operation in {"DELETE", "CONNECT"}
	not unchanged
}

# An update may change all else on a pod that would be refused today, so that finalizers and status never get stuck.
unchanged if {
	input.review.operation == "UPDATE"
	judged_part(input.review.object) == judged_part(input.review.oldObject)
}

judged_part(pod) := {
	"label": [label | label := facts.label_of(pod)],
	"class": [class | class := facts.class_of(pod)],
	"resources": resources.of_pod(pod),
	"containers": [part |
		some container in facts.containers_of(pod)
		part := {
			"image": [image | image := untrusted.text(container, ["image"])],
			"resources": resources.of_container(container),
		}
	],
}
`;
