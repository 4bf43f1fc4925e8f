export { defineSandbox, type SandboxConfig, type SandboxInput } from './config';
export { SandboxChart } from './sandbox-chart';
