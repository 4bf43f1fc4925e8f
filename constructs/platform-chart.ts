/** The chart of the platform with the programs it runs: what every entry point synthesizes or deploys. */
import type { App } from 'cdk8s';
import { SandboxChart, type SandboxConfig } from '.';
import { bundleSources } from '../programs/bundle';

/** @param app the chart's parent, which sets the output folder of synthesis */
export function platformChart(app: App, config: SandboxConfig): SandboxChart {
  return new SandboxChart(app, 'secure-ai-sandbox', { config, bundles: bundleSources() });
}
