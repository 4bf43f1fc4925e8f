// Binary pulumi-resource-kubernetes is Pulumi's provider for Kubernetes, from its source.
//
// Upstream's own main embeds two generated files that its module does not hold: the
// schema, which this provider is asked for by code generators and "pulumi import" only,
// and the names of the Terraform provider, for "pulumi convert".
package main

import (
	"runtime/debug"
	"strings"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

const module = "github.com/pulumi/pulumi-kubernetes/provider/v4"

func main() {
	provider.Serve("kubernetes", version(), []byte(`{"name": "kubernetes"}`), []byte(`{}`))
}

// version is that of the module, which says of which day and commit the source is.
// It is none of the versions of the plugins that are published.
func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, dependency := range info.Deps {
		if dependency.Path == module {
			return strings.TrimPrefix(dependency.Version, "v")
		}
	}
	panic(module + " is not among the modules of this program")
}
