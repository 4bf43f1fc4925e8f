// Command cel-oracle evaluates admission policies as the API server does: same CEL environment, same cost limits, same patches.
// It answers one JSON line for one JSON line. Tests compare the answers with the reference decision.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
)

// A question: every policy about every request.
type question struct {
	Validating []admissionregistrationv1.ValidatingAdmissionPolicy `json:"validating"`
	Mutating   []admissionregistrationv1.MutatingAdmissionPolicy   `json:"mutating"`
	Requests   []request                                           `json:"requests"`
}

type answer struct {
	// What keeps a policy from being created.
	Errors  []string  `json:"errors,omitempty"`
	Answers []outcome `json:"answers"`
}

// What becomes of one request.
type outcome struct {
	// Why the API server cannot decode the pod; then nothing else is answered.
	Undecodable string `json:"undecodable,omitempty"`
	// The pods as the policies see them.
	Seen    any `json:"seen,omitempty"`
	SeenOld any `json:"seenOld,omitempty"`
	// By name of the policy; only of policies that match the request.
	Validated map[string]validated `json:"validated"`
	Mutated   map[string]mutated   `json:"mutated"`
}

type validated struct {
	// Empty where the policy admits the pod.
	Message string `json:"message"`
	// Whether the message is that of an error.
	Failed bool  `json:"failed"`
	Cost   int64 `json:"cost"`
}

type mutated struct {
	Pod   any    `json:"pod,omitempty"`
	Error string `json:"error,omitempty"`
	Cost  int64  `json:"cost"`
}

func main() {
	questions := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20))
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	answers := json.NewEncoder(out)
	for questions.More() {
		var q question
		if err := questions.Decode(&q); err != nil {
			fmt.Fprintln(os.Stderr, "cel-oracle:", err)
			os.Exit(1)
		}
		if err := answers.Encode(ask(q)); err != nil {
			fmt.Fprintln(os.Stderr, "cel-oracle:", err)
			os.Exit(1)
		}
	}
}

func ask(q question) answer {
	result := answer{Answers: []outcome{}}
	validators := make([]validator, len(q.Validating))
	for i := range q.Validating {
		validators[i] = compileValidating(&q.Validating[i])
		result.Errors = append(result.Errors, validators[i].errors...)
	}
	mutators := make([]mutator, len(q.Mutating))
	for i := range q.Mutating {
		mutators[i] = compileMutating(&q.Mutating[i])
		result.Errors = append(result.Errors, mutators[i].errors...)
	}
	if len(result.Errors) > 0 {
		return result
	}
	for _, r := range q.Requests {
		result.Answers = append(result.Answers, outcomeOf(r, validators, mutators))
	}
	return result
}

func outcomeOf(r request, validators []validator, mutators []mutator) outcome {
	attributes, namespace, err := r.attributes()
	if err != nil {
		return outcome{Undecodable: err.Error()}
	}
	result := outcome{
		Seen:      unstructuredOf(attributes.VersionedObject),
		SeenOld:   unstructuredOf(attributes.VersionedOldObject),
		Validated: map[string]validated{},
		Mutated:   map[string]mutated{},
	}
	for _, v := range validators {
		if r.matches(v.policy.Spec.MatchConstraints, namespace) {
			result.Validated[v.policy.Name] = v.validate(context.Background(), attributes, namespace)
		}
	}
	for _, m := range mutators {
		if r.matches(m.policy.Spec.MatchConstraints, namespace) {
			result.Mutated[m.policy.Name] = m.mutate(context.Background(), attributes, namespace)
		}
	}
	return result
}
