/** What other folders use of the policies. */
export { NativePolicies } from './native-policies';
export { RuntimePolicies } from './runtime-policies';
export { enginesSchema, type Engines } from './schema';
