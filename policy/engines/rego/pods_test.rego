# Tests of pods.rego.
package lib.pods_test

import data.lib.pods

pod := {
	"metadata": {"namespace": "team-a", "labels": {"app": "web"}, "annotations": {"note": "x"}},
	"spec": {
		"serviceAccountName": "builder",
		"hostPID": true,
		"os": {"name": "linux"},
		"nodeSelector": {"example.com/pool": "gpu"},
		"volumes": [
			{"name": "a", "emptyDir": {}},
			{"name": "b", "hostPath": {"path": "//var/./run/"}},
			{"name": "c", "image": {"reference": "reg.example.com/model:1"}},
		],
		"resourceClaims": [{"name": "a", "resourceClaimName": "gpu-0"}, {"name": "b", "resourceClaimTemplateName": "gpus"}],
		"containers": [{"resources": {"requests": {"cpu": "4001m"}, "limits": {"memory": "1Gi"}}}],
	},
}

meets(member, wanted) if pods.meets({member: wanted}) with input.review.object as pod

lacks(member, wanted) if pods.meets({member: wanted}) with input.review.object as {}

test_a_pod_meets_its_own_strings if {
	meets("namespace", {"matches": "^team-.*$"})
	meets("serviceAccountName", {"equals": "builder"})
	meets("labels", {"app": {"equals": "web"}, "tier": {"exists": false}})
	meets("annotations", {"note": {"exists": true}})
	meets("nodeSelector", {`^example\.com/[\s\S]*$`: {"equals": "gpu"}})
	not meets("nodeSelector", {"example.com/pool": {"equals": "cpu"}})
	meets("os", {"equals": "linux"})
	meets("priorityClassName", {"exists": false})
	not meets("priorityClassName", {"exists": true})
}

test_a_pod_meets_flags if {
	meets("hostPID", true)
	meets("hostIPC", false)
	not meets("hostNetwork", true)
	meets("hostUsers", true)
	not lacks("hostUsers", false)
}

test_a_pod_meets_volumes if {
	meets("volumes", ["emptyDir"])
	not meets("volumes", ["emptyDir", "secret"])
	meets("hostPaths", {"equals": "/var/run"})
	not meets("hostPaths", {"equals": "/var"})
	lacks("hostPaths", {"exists": false})
	meets("imageVolumes", {"contains": "model", "registry": {"equals": "reg.example.com"}})
	not meets("imageVolumes", {"contains": "model", "tag": {"equals": "2"}})
	not lacks("imageVolumes", {"contains": ""})
}

test_one_claim_meets_everything if {
	meets("resourceClaims", {"exists": true, "claim": {"matches": "^gpu-.*$"}})
	meets("resourceClaims", {"template": {"equals": "gpus"}})
	not meets("resourceClaims", {"claim": {"equals": "gpu-0"}, "template": {"equals": "gpus"}})
	not meets("resourceClaims", {"exists": false})
	lacks("resourceClaims", {"exists": false})
	not lacks("resourceClaims", {"exists": true})
}

test_a_pod_meets_quantities_of_the_whole_pod if {
	meets("requests", {"cpu": {"gt": "4"}})
	meets("limits", {"memory": {"lte": "1Gi"}})
	not meets("limits", {"cpu": {"exists": true}})
}
