package main

import (
	"context"
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/client-go/kubernetes/scheme"

	admissionv1 "k8s.io/api/admission/v1"
)

type mutator struct {
	policy    *admissionregistrationv1.MutatingAdmissionPolicy
	compiler  *cel.CompositedCompiler
	patchers  []patch.Patcher
	remaining *int64
	errors    []string
}

type meteredMutation struct {
	cel.MutatingEvaluator
	remaining *int64
}

func (m meteredMutation) ForInput(ctx context.Context, attributes *admission.VersionedAttributes, request *admissionv1.AdmissionRequest, bindings cel.OptionalVariableBindings, namespace *corev1.Namespace, budget int64) (cel.EvaluationResult, int64, error) {
	result, remaining, err := m.MutatingEvaluator.ForInput(ctx, attributes, request, bindings, namespace, budget)
	*m.remaining = remaining
	return result, remaining, err
}

// compileMutating follows compilePolicy of apiserver v0.36.3, pkg/admission/plugin/policy/mutating/compilation.go.
func compileMutating(policy *admissionregistrationv1.MutatingAdmissionPolicy) mutator {
	compiler, errors := compilerOf(policy.Name, policy.Spec.Variables)
	remaining := new(int64)
	var patchers []patch.Patcher
	options := withAuthorizer
	options.HasPatchTypes = true
	for _, mutation := range policy.Spec.Mutations {
		condition := &patch.JSONPatchCondition{Expression: mutation.JSONPatch.Expression}
		evaluator := compiler.CompileMutatingEvaluator(condition, options, environment.NewExpressions)
		for _, err := range evaluator.CompilationErrors() {
			errors = append(errors, fmt.Sprintf("%s: %v", policy.Name, err))
		}
		patchers = append(patchers, patch.NewJSONPatcher(meteredMutation{evaluator, remaining}))
	}
	return mutator{policy: policy, compiler: compiler, patchers: patchers, remaining: remaining, errors: errors}
}

func (m mutator) mutate(ctx context.Context, attributes *admission.VersionedAttributes, namespace *corev1.Namespace) mutated {
	result := mutated{}
	current := *attributes
	for _, patcher := range m.patchers {
		object, err := patcher.Patch(m.compiler.CreateContext(ctx), patch.Request{
			MatchedResource:     podResource,
			VersionedAttributes: &current,
			ObjectInterfaces:    admission.NewObjectInterfacesFromScheme(scheme.Scheme),
			OptionalVariables:   cel.OptionalVariableBindings{},
			Namespace:           namespace,
		}, celconfig.RuntimeCELCostBudget)
		result.Cost += celconfig.RuntimeCELCostBudget - *m.remaining
		if err != nil {
			result.Error = err.Error()
			return result
		}
		current.VersionedObject = object
	}
	result.Pod = unstructuredOf(current.VersionedObject)
	return result
}
