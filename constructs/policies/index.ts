export { RuntimePolicies } from './runtime-policies';
