/**
 * Rego: container image references, split exactly as `parseImage` splits them.
 * Source: `ParseNormalizedNamed` and `TagNameOnly` of github.com/distribution/reference v0.6.0 (normalize.go, regexp.go),
 * digests as github.com/opencontainers/go-digest v1.0.0 takes them.
 */

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const host = `(?:${domainComponent}(?:[.]${domainComponent})*|[[][a-fA-F0-9:]+[]])`;
const domain = `${host}(?::[0-9]+)?`;
const repository = `${component}(?:/${component})*`;
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const digest = 'sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}';
const reference = `^(?:(${domain})/)?(${repository})(?::(${tag}))?(?:@(${digest}))?$`;

export const IMAGE_REGO = `package lib.image

# The parts of a reference; undefined for a text that is none. The registry is in lower case, and empty for a host that no
# registry can have. A reference with neither tag nor digest has the tag latest.
parse(text) := object.union({"registry": lower(registry), "repository": repository}, version_of(tag, digest)) if {
	# This could be the id of an image.
	not regex.match("^[a-f0-9]{64}$", text)
	some [_, registry, repository, tag, digest] in regex.find_all_string_submatch_n(
		"${reference}",
		named(text), 1,
	)
	count(repository) <= 255
}

version_of("", "") := {"tag": "latest"}

version_of(tag, digest) := {part: text |
	some part, text in {"tag": tag, "digest": digest}
	text != ""
} if {
	concat("", [tag, digest]) != ""
}

# The text with what Docker adds to it: its own registry, and library/ before official images.
named(text) := official(concat("/", rest)) if {
	[first, rest] := split_host(text)
	first in {"docker.io", "index.docker.io"}
} else := text if {
	[first, _] := split_host(text)
	is_host(first)
} else := official(text)

split_host(text) := [parts[0], array.slice(parts, 1, count(parts))] if {
	parts := split(text, "/")
	count(parts) > 1
}

official(path) := concat("/", ["docker.io", path]) if contains(path, "/")

official(path) := concat("/", ["docker.io/library", path]) if not contains(path, "/")

is_host("localhost")

is_host(first) if regex.match("[.:]", first)

is_host(first) if lower(first) != first
`;
