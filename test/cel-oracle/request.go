package main

import (
	"encoding/json"
	"reflect"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
)

var (
	podKind     = schema.GroupVersionKind{Version: "v1", Kind: "Pod"}
	podResource = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
)

type request struct {
	Object      json.RawMessage `json:"object"`
	OldObject   json.RawMessage `json:"oldObject"`
	Namespace   string          `json:"namespace"`
	Enabled     string          `json:"enabled"`
	Subresource string          `json:"subresource"`
}

func (r request) operation() admissionregistrationv1.OperationType {
	if r.OldObject == nil {
		return admissionregistrationv1.Create
	}
	return admissionregistrationv1.Update
}

func (r request) attributes() (*admission.VersionedAttributes, *corev1.Namespace, error) {
	object, err := podOf(r.Object)
	if err != nil {
		return nil, nil, err
	}
	oldObject, err := podOf(r.OldObject)
	if err != nil {
		return nil, nil, err
	}
	attributes := admission.NewAttributesRecord(object, oldObject, podKind, r.Namespace, "", podResource, r.Subresource,
		admission.Operation(r.operation()), nil, false, nil)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:   r.Namespace,
		Labels: map[string]string{corev1.LabelMetadataName: r.Namespace, "secure-ai.io/sandbox-enabled": r.Enabled},
	}}
	return &admission.VersionedAttributes{
		Attributes:         attributes,
		VersionedKind:      podKind,
		VersionedObject:    object,
		VersionedOldObject: oldObject,
	}, namespace, nil
}

// podOf gives an untyped nil for no pod.
func podOf(text json.RawMessage) (runtime.Object, error) {
	if text == nil {
		return nil, nil
	}
	pod := &corev1.Pod{}
	if err := json.Unmarshal(text, pod); err != nil {
		return nil, err
	}
	pod.SetGroupVersionKind(podKind)
	return pod, nil
}

func unstructuredOf(object runtime.Object) any {
	if object == nil || reflect.ValueOf(object).IsNil() {
		return nil
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return err.Error()
	}
	return content
}

// matches covers what the policies of this project constrain: operations, resources and namespaces.
func (r request) matches(constraints *admissionregistrationv1.MatchResources, namespace *corev1.Namespace) bool {
	resource := "pods"
	if r.Subresource != "" {
		resource += "/" + r.Subresource
	}
	selector, err := metav1.LabelSelectorAsSelector(constraints.NamespaceSelector)
	if err != nil || !selector.Matches(labels.Set(namespace.Labels)) {
		return false
	}
	return slices.ContainsFunc(constraints.ResourceRules, func(rule admissionregistrationv1.NamedRuleWithOperations) bool {
		return slices.Contains(rule.Operations, r.operation()) && slices.Contains(rule.Resources, resource)
	})
}
