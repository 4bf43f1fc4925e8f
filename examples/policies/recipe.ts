/** What a recipe of docs/policies.md is: members of a policy, to be written into `policy` of sandbox.config.ts. */
import type { RuntimePolicyInput } from '../../policy/model/runtime-policy';

export type Recipe = Omit<RuntimePolicyInput, 'runtimes'>;
