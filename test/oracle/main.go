// Command oracle answers, one JSON line for one JSON line, what the Kubernetes and container libraries themselves
// make of a quantity, an image reference or a pod's resources. Tests compare the TypeScript implementations with it.
package main

import (
	"bufio"
	_ "crypto/sha256" // go-digest accepts a digest only when its algorithm is linked in.
	_ "crypto/sha512"
	"encoding/json"
	"fmt"
	"os"

	"github.com/distribution/reference"
	"gopkg.in/inf.v0"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"
)

type question struct {
	Op    string     `json:"op"`
	Text  string     `json:"text"`
	Other string     `json:"other"`
	Pod   corev1.Pod `json:"pod"`
}

// A value is unscaled * 10^-scale. It is not multiplied out, so that no exponent can make it huge.
type value struct {
	Unscaled string `json:"unscaled"`
	Scale    int32  `json:"scale"`
}

type answer struct {
	Error string `json:"error,omitempty"`

	// quantity
	Value *value `json:"value,omitempty"`

	// resources: of the whole pod, without overhead
	Requests map[corev1.ResourceName]value `json:"requests,omitempty"`
	Limits   map[corev1.ResourceName]value `json:"limits,omitempty"`

	// compare
	Cmp int `json:"cmp"`

	// image
	Registry   string `json:"registry,omitempty"`
	Repository string `json:"repository,omitempty"`
	Tag        string `json:"tag,omitempty"`
	Digest     string `json:"digest,omitempty"`
}

func main() {
	questions := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20))
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	answers := json.NewEncoder(out)
	for questions.More() {
		var q question
		if err := questions.Decode(&q); err != nil {
			fmt.Fprintln(os.Stderr, "oracle:", err)
			os.Exit(1)
		}
		if err := answers.Encode(ask(q)); err != nil {
			fmt.Fprintln(os.Stderr, "oracle:", err)
			os.Exit(1)
		}
		// Flush only when the asker waits: a batch crosses the pipe in few pieces.
		if questions.Buffered().(interface{ Len() int }).Len() <= 1 {
			if err := out.Flush(); err != nil {
				os.Exit(1)
			}
		}
	}
	out.Flush()
}

func ask(q question) answer {
	switch q.Op {
	case "quantity":
		return quantity(q.Text)
	case "compare":
		return compare(q.Text, q.Other)
	case "resources":
		return resources(&q.Pod)
	case "image":
		return image(q.Text)
	default:
		return answer{Error: "unknown op " + q.Op}
	}
}

func quantity(text string) answer {
	q, err := resource.ParseQuantity(text)
	if err != nil {
		return answer{Error: err.Error()}
	}
	v := valueOf(q)
	return answer{Value: &v}
}

func valueOf(q resource.Quantity) value {
	var decimal inf.Dec
	decimal.Set(q.AsDec())
	return value{Unscaled: decimal.UnscaledBig().String(), Scale: int32(decimal.Scale())}
}

func resources(pod *corev1.Pod) answer {
	options := resourcehelper.PodResourcesOptions{ExcludeOverhead: true}
	return answer{
		Requests: valuesOf(resourcehelper.PodRequests(pod, options)),
		Limits:   valuesOf(resourcehelper.PodLimits(pod, options)),
	}
}

func valuesOf(list corev1.ResourceList) map[corev1.ResourceName]value {
	values := make(map[corev1.ResourceName]value, len(list))
	for name, q := range list {
		values[name] = valueOf(q)
	}
	return values
}

func compare(text, other string) answer {
	a, err := resource.ParseQuantity(text)
	if err != nil {
		return answer{Error: err.Error()}
	}
	b, err := resource.ParseQuantity(other)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Cmp: a.Cmp(b)}
}

func image(text string) answer {
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		return answer{Error: err.Error()}
	}
	named = reference.TagNameOnly(named)
	result := answer{Registry: reference.Domain(named), Repository: reference.Path(named)}
	if tagged, ok := named.(reference.Tagged); ok {
		result.Tag = tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		result.Digest = digested.Digest().String()
	}
	return result
}
