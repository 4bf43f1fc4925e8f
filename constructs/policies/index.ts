/** What other folders use of the policies. */
export { RuntimePolicies } from './runtime-policies';
