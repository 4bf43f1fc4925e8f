export { RuntimePolicies, type RuntimePoliciesProps } from './runtime-policies';
