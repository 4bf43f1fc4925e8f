# Container image references, split exactly as parseImage in policy/pod/image.ts splits them.
# Source: ParseNormalizedNamed and TagNameOnly of github.com/distribution/reference v0.6.0 (normalize.go, regexp.go), with the
# digests that github.com/opencontainers/go-digest v1.0.0 accepts.
package lib.image

component := `[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*`

domain_component := `(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])`

host := sprintf(`(?:%[1]s(?:[.]%[1]s)*|[[][a-fA-F0-9:]+[]])`, [domain_component])

domain := sprintf(`%s(?::[0-9]+)?`, [host])

repository_path := sprintf(`%[1]s(?:/%[1]s)*`, [component])

tag_pattern := `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`

digest_pattern := `sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}`

reference_pattern := sprintf(
	`^(?:(%s)/)?(%s)(?::(%s))?(?:@(%s))?$`,
	[domain, repository_path, tag_pattern, digest_pattern],
)

# The parts of a reference; undefined for a string that is not a reference. The registry is in lower case, and empty for a host that no
# registry can have. A reference with neither tag nor digest has the tag latest.
parse(string) := object.union({"registry": lower(registry), "repository": repository}, version_of(tag, digest)) if {
	# This could be the id of an image.
	not regex.match("^[a-f0-9]{64}$", string)
	some [_, registry, repository, tag, digest] in regex.find_all_string_submatch_n(
		reference_pattern,
		named(string), 1,
	)
	count(repository) <= 255
}

version_of("", "") := {"tag": "latest"}

version_of(tag, digest) := {part: string |
	some part, string in {"tag": tag, "digest": digest}
	string != ""
} if {
	concat("", [tag, digest]) != ""
}

# The reference with what Docker adds to it: its own registry, and library/ before official images.
named(string) := official(concat("/", rest)) if {
	[first, rest] := split_host(string)
	first in {"docker.io", "index.docker.io"}
} else := string if {
	[first, _] := split_host(string)
	is_host(first)
} else := official(string)

split_host(string) := [parts[0], array.slice(parts, 1, count(parts))] if {
	parts := split(string, "/")
	count(parts) > 1
}

official(path) := concat("/", ["docker.io", path]) if contains(path, "/")

official(path) := concat("/", ["docker.io/library", path]) if not contains(path, "/")

is_host("localhost")

is_host(first) if regex.match("[.:]", first)

is_host(first) if lower(first) != first
