# What a policy can ask about one container, equal to containerFacts in policy/pod/container-facts.ts; a missing fact is undefined.
package lib.container_facts

import data.lib.untrusted

pod := input.review.object

# True for user 0, false for another user or runAsNonRoot, undefined where the image decides. The container's value wins over
# the pod's (Kubernetes pkg/securitycontext/util.go, DetermineEffectiveSecurityContext).
runs_as_root(container) := user == 0 if {
	user := user_of(container)
} else := false if {
	path := ["securityContext", "runAsNonRoot"]
	untrusted.flag(container, path, untrusted.flag(untrusted.members(pod, ["spec"]), path, false))
}

user_of(container) := user if {
	user := untrusted.integer(container, ["securityContext", "runAsUser"])
} else := untrusted.integer(pod, ["spec", "securityContext", "runAsUser"])

# Of the list add or drop, in upper case without CAP_, because container runtimes accept both spellings of a capability.
capabilities(container, list) := {trim_prefix(upper(capability), "CAP_") |
	some capability in untrusted.elements(container, ["securityContext", "capabilities", list])
	is_string(capability)
}

# Type of the profile: the container's, else the pod's.
seccomp_profile(container) := type if {
	type := own_profile(container, "seccompProfile")
} else := profile_of_pod("seccompProfile")

# Type of the profile: the container's, else that of its older annotation, else the pod's.
apparmor_profile(container) := type if {
	type := own_profile(container, "appArmorProfile")
} else := type if {
	type := annotated_profile(container)
} else := profile_of_pod("appArmorProfile")

own_profile(container, profile) := untrusted.string(container, ["securityContext", profile, "type"])

profile_of_pod(profile) := untrusted.string(pod, ["spec", "securityContext", profile, "type"])

# The types of the annotation, which policy/pod/container-facts.ts has with their source.
annotated_profile(container) := "Localhost" if startswith(apparmor_annotation(container), "localhost/")

annotated_profile(container) := {
	"runtime/default": "RuntimeDefault",
	"unconfined": "Unconfined",
}[apparmor_annotation(container)]

apparmor_annotation(container) := untrusted.string(pod, ["metadata", "annotations", key]) if {
	key := concat("", ["container.apparmor.security.beta.kubernetes.io/", name_of(container)])
}

name_of(container) := name if {
	name := untrusted.string(container, ["name"])
} else := ""

proc_mount(container) := type if {
	type := untrusted.string(container, ["securityContext", "procMount"])
} else := "Default"

# Whether one of its ports is a port of the node, which every port is under hostNetwork.
default opens_host_port(_) := false

opens_host_port(container) if {
	some port in untrusted.objects(container, ["ports"])
	is_host_port(port)
}

is_host_port(port) if untrusted.integer(port, ["hostPort"]) > 0

is_host_port(port) if {
	untrusted.flag(pod, ["spec", "hostNetwork"], false)
	untrusted.integer(port, ["containerPort"])
}

# Names of its environment variables, without those of envFrom.
env(container) := [name |
	some variable in untrusted.objects(container, ["env"])
	name := untrusted.string(variable, ["name"])
]
