/** What a settings file and the entry points import. */
export { defineSandbox, type SandboxConfig, type SandboxInput } from './config';
export { SandboxChart } from './sandbox-chart';
export type { TenantInput } from './tenancy';
export type { Enforcement, Guardrails } from '../policy/model/runtime-policy';
