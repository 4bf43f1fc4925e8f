# Tests of containers.rego.
package lib.containers_test

import data.lib.containers

container := {
	"name": "main",
	"image": "reg.example.com/team/pytorch:2",
	"resources": {"requests": {"cpu": "4001m"}, "limits": {"memory": "1Gi"}},
	"securityContext": {
		"privileged": true,
		"runAsUser": 0,
		"capabilities": {"add": ["CAP_NET_ADMIN"], "drop": ["NET_RAW"]},
		"seccompProfile": {"type": "Unconfined"},
	},
	"ports": [{"containerPort": 80, "hostPort": 80}],
	"env": [{"name": "HF_TOKEN"}],
}

meets(member, wanted) if containers.meets(container, {member: wanted}) with input.review.object as {}

test_a_container_meets_names_and_parts_of_the_image if {
	meets("name", {"matches": "^ma.*$"})
	not meets("name", {"equals": "ma"})
	meets("image", {"contains": "team/py", "registry": {"equals": "reg.example.com"}})
	not meets("image", {"repository": {"equals": "pytorch"}})
	not containers.meets({}, {"image": {"contains": ""}})
}

test_a_container_meets_quantities if {
	meets("requests", {"cpu": {"gt": "4"}, "memory": {"gte": "1Gi"}})
	meets("limits", {"memory": {"exists": true}, "nvidia.com/gpu": {"exists": false}})
	not meets("limits", {"cpu": {"lt": "100"}})
}

test_a_container_meets_its_security_context if {
	meets("securityContext", {"privileged": true, "runAsRoot": true, "readOnlyRootFilesystem": false})
	meets("securityContext", {"allowPrivilegeEscalation": true, "addsCapability": "NET_ADMIN"})
	not meets("securityContext", {"addsCapability": "SYS_TIME"})
	not meets("securityContext", {"privileged": false})
	meets("securityContext", {"dropsCapability": "NET_RAW"})
	not meets("securityContext", {"dropsCapability": "NET_ADMIN"})
}

test_all_capabilities_are_any_capability if {
	everything := {"securityContext": {"capabilities": {"add": ["all"], "drop": ["ALL"]}}}
	containers.meets(everything, {"securityContext": {"addsCapability": "SYS_TIME", "dropsCapability": "SYS_TIME"}})
}

test_a_container_meets_profiles if {
	meets("securityContext", {"seccompProfile": {"matches": "^Un.*$"}, "appArmorProfile": {"exists": false}})
	not meets("securityContext", {"seccompProfile": {"exists": false}})
	not meets("securityContext", {"appArmorProfile": {"matches": "^.*$"}})
	meets("securityContext", {"procMount": {"equals": "Default"}})
	not meets("securityContext", {"procMount": {"equals": "Unmasked"}})
}

test_a_container_meets_ports_and_variables if {
	meets("hostPorts", true)
	not meets("hostPorts", false)
	containers.meets({}, {"hostPorts": false})
	meets("env", {"matches": "^HF_.*$"})
	not meets("env", {"exists": false})
	containers.meets({}, {"env": {"exists": false}})
}
