# What one container is asked, equal to containerAtoms in policy/rules/atoms.ts.
package lib.containers

import data.lib.container_facts
import data.lib.resources
import data.lib.untrusted
import data.lib.values

# Whether the container meets every member of the condition.
meets(container, wanted) if {
	every member, value in wanted {
		member_meets(member, container, value)
	}
}

member_meets("name", container, wanted) if {
	values.string_meets(wanted, untrusted.string(container, ["name"]))
}

member_meets("image", container, wanted) if {
	values.image_meets(wanted, untrusted.string(container, ["image"]))
}

member_meets("requests", container, wanted) if {
	values.quantities_meet(wanted, resources.of_container(container).requests)
}

member_meets("limits", container, wanted) if {
	values.quantities_meet(wanted, resources.of_container(container).limits)
}

member_meets("securityContext", container, wanted) if {
	every member, value in wanted {
		security_meets(member, container, value)
	}
}

member_meets("hostPorts", container, wanted) if container_facts.opens_host_port(container) == wanted

member_meets("env", container, wanted) if values.some_meets(wanted, container_facts.env(container))

# A missing value is false for these two and true for escalation, as for the kubelet.
security_meets(member, container, wanted) if {
	member in {"privileged", "readOnlyRootFilesystem"}
	untrusted.flag(container, ["securityContext", member], false) == wanted
}

security_meets("allowPrivilegeEscalation", container, wanted) if {
	untrusted.flag(container, ["securityContext", "allowPrivilegeEscalation"], true) == wanted
}

security_meets("runAsRoot", container, wanted) if container_facts.runs_as_root(container) == wanted

security_meets("addsCapability", container, wanted) if {
	some capability in {"ALL", wanted}
	capability in container_facts.capabilities(container, "add")
}

security_meets("dropsCapability", container, wanted) if {
	some capability in {"ALL", wanted}
	capability in container_facts.capabilities(container, "drop")
}

security_meets("seccompProfile", container, wanted) if {
	values.some_meets(wanted, [profile | profile := container_facts.seccomp_profile(container)])
}

security_meets("appArmorProfile", container, wanted) if {
	values.some_meets(wanted, [profile | profile := container_facts.apparmor_profile(container)])
}

security_meets("procMount", container, wanted) if {
	values.string_meets(wanted, container_facts.proc_mount(container))
}
