/** The platform as sandbox.config.ts describes it: the same tree cdk8s synthesizes from main.ts. */
import { App } from 'cdk8s';
import type { SandboxChart, SandboxConfig } from '../constructs';
import { planDeployment, type PlannedObject } from '../deploy/plan';
import type { Profile } from '../infra/clusters/local-settings';

/** For clusters that are not local: as configured. */
export const asConfigured: Profile = (config) => config;

/** The settings file, as messages name it. */
export const SETTINGS_FILE = 'sandbox.config.ts';

/** @throws SandboxError POLICY_INVALID or CONFIG_INVALID with every problem of sandbox.config.ts */
export async function loadConfig(): Promise<SandboxConfig> {
  return (await import('../sandbox.config')).default;
}

/**
 * @param app the chart's parent, which sets the output folder of synthesis
 * @throws SandboxError as `loadConfig`
 */
export async function buildChart(app: App, profile: Profile): Promise<SandboxChart> {
  const { platformChart } = await import('../constructs/platform-chart');
  return platformChart(app, profile(await loadConfig()));
}

/**
 * The objects to deploy, in order.
 *
 * @throws SandboxError as `loadConfig`, CHART_INVALID with every rule the chart breaks, PLAN_INVALID
 */
export async function buildPlan(profile: Profile): Promise<readonly PlannedObject[]> {
  return planDeployment(await buildChart(new App(), profile));
}
