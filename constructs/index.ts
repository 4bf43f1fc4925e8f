/** What a settings file and the entry points import. */
export { defineSandbox, type SandboxConfig, type SandboxInput } from './config';
export { SandboxChart } from './sandbox-chart';
