/** What a settings file and the front doors import. */
export { defineSandbox, type SandboxConfig, type SandboxInput } from './config';
export { SandboxChart } from './sandbox-chart';
