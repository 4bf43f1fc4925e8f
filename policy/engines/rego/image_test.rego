# Tests of image.rego.
package lib.image_test

import data.lib.image

digest := concat(":", ["sha256", concat("", ["0f" | some _ in numbers.range(1, 32)])])

test_what_docker_leaves_out_is_added if {
	image.parse("nginx") == {"registry": "docker.io", "repository": "library/nginx", "tag": "latest"}
	image.parse("team/model:1") == {"registry": "docker.io", "repository": "team/model", "tag": "1"}
	image.parse("docker.io/nginx") == image.parse("nginx")
	image.parse("index.docker.io/team/model") == image.parse("team/model")
}

test_the_first_part_is_a_registry_where_it_looks_like_a_host if {
	image.parse("localhost/a").registry == "localhost"
	image.parse("localhost:5000/a").registry == "localhost:5000"
	image.parse("reg.example.com/a/b").repository == "a/b"
	image.parse("Team/a").registry == "team"
	image.parse("[::1]:5/a").registry == "[::1]:5"
}

test_a_host_that_no_registry_can_have_is_part_of_the_repository if {
	image.parse("a_b.c/d") == {"registry": "", "repository": "a_b.c/d", "tag": "latest"}
}

test_a_digest_takes_the_place_of_the_default_tag if {
	with_digest := concat("@", ["nginx", digest])
	image.parse(with_digest) == {"registry": "docker.io", "repository": "library/nginx", "digest": digest}
	image.parse(concat("@", ["nginx:1", digest])).tag == "1"
}

test_other_strings_are_not_references if {
	hex := concat("", ["f" | some _ in numbers.range(1, 64)])
	long := concat("", ["a" | some _ in numbers.range(1, 256)])
	every string in ["", "/", ":", "@", "a/", "/a", "nginx@md5:0123", "a\n", "reg.example.com/Upper", hex, long] {
		not image.parse(string)
	}
}
