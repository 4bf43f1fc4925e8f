package main

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

var (
	withAuthorizer    = cel.OptionalVariableDeclarations{HasAuthorizer: true}
	withoutAuthorizer = cel.OptionalVariableDeclarations{}
)

type validator struct {
	policy    *admissionregistrationv1.ValidatingAdmissionPolicy
	validator validating.Validator
	remaining *int64
	errors    []string
}

// metered remembers what is left of the budget after the last evaluation.
type metered struct {
	cel.ConditionEvaluator
	remaining *int64
}

func (m metered) ForInput(ctx context.Context, attributes *admission.VersionedAttributes, request *admissionv1.AdmissionRequest, bindings cel.OptionalVariableBindings, namespace *corev1.Namespace, budget int64) ([]cel.EvaluationResult, int64, error) {
	results, remaining, err := m.ConditionEvaluator.ForInput(ctx, attributes, request, bindings, namespace, budget)
	*m.remaining = remaining
	return results, remaining, err
}

// compileValidating follows compilePolicy of apiserver v0.36.3, pkg/admission/plugin/policy/validating/plugin.go, but compiles as for new
// policies, which may use less than stored ones.
func compileValidating(policy *admissionregistrationv1.ValidatingAdmissionPolicy) validator {
	compiler, errors := compilerOf(policy.Name, policy.Spec.Variables)
	validations := make([]cel.ExpressionAccessor, len(policy.Spec.Validations))
	messages := make([]cel.ExpressionAccessor, len(policy.Spec.Validations))
	for i, v := range policy.Spec.Validations {
		validations[i] = &validating.ValidationCondition{Expression: v.Expression, Message: v.Message, Reason: v.Reason}
		messages[i] = &validating.MessageExpressionCondition{MessageExpression: v.MessageExpression}
	}
	remaining := new(int64)
	validationFilter := compiler.CompileCondition(validations, withAuthorizer, environment.NewExpressions)
	messageFilter := compiler.CompileCondition(messages, withoutAuthorizer, environment.NewExpressions)
	noAnnotations := compiler.CompileCondition(nil, withAuthorizer, environment.NewExpressions)
	for _, err := range append(validationFilter.CompilationErrors(), messageFilter.CompilationErrors()...) {
		errors = append(errors, fmt.Sprintf("%s: %v", policy.Name, err))
	}
	return validator{
		policy: policy,
		validator: validating.NewValidator(validationFilter, nil, noAnnotations,
			metered{messageFilter, remaining}, policy.Spec.FailurePolicy, nil),
		remaining: remaining,
		errors:    errors,
	}
}

func compilerOf(policy string, variables []admissionregistrationv1.Variable) (*cel.CompositedCompiler, []string) {
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		return nil, []string{err.Error()}
	}
	var errors []string
	for _, v := range variables {
		variable := &validating.Variable{Name: v.Name, Expression: v.Expression}
		if result := compiler.CompileAndStoreVariable(variable, withAuthorizer, environment.NewExpressions); result.Error != nil {
			errors = append(errors, fmt.Sprintf("%s: variable %s: %v: %s", policy, v.Name, result.Error, v.Expression))
		}
	}
	return compiler, errors
}

func (v validator) validate(ctx context.Context, attributes *admission.VersionedAttributes, namespace *corev1.Namespace) validated {
	result := v.validator.Validate(ctx, podResource, attributes, nil, namespace, celconfig.RuntimeCELCostBudget, nil)
	outcome := validated{Cost: celconfig.RuntimeCELCostBudget - *v.remaining}
	for _, decision := range result.Decisions {
		if decision.Evaluation == validating.EvalError {
			outcome.Failed = true
			outcome.Message = decision.Message
		} else if decision.Action == validating.ActionDeny {
			outcome.Message = decision.Message
		}
	}
	return outcome
}
