/** The platform as sandbox.config.ts describes it: the same tree cdk8s synthesizes from main.ts. */
import { App } from 'cdk8s';
import { SandboxChart, type SandboxConfig } from '../constructs';
import { gvisorNodesSchema } from '../constructs/nodes';
import { SandboxError, type Problem } from '../policy/errors';
import { planDeployment, type PlannedObject } from '../deploy/plan';

/** Adapts the configuration to where it is deployed. */
export type Profile = (config: SandboxConfig) => SandboxConfig;

/** For clusters of others: as configured. */
export const asConfigured: Profile = (config) => config;

/** For its nodes besides: gVisor comes from a release of this computer. */
export function withGvisor(profile: Profile, release: GvisorRelease): Profile {
  return (config) => {
    const adapted = profile(config);
    const { source, version, sha512 } = release;
    const gvisor = gvisorNodesSchema.parse({ source, version, sha512 });
    return { ...adapted, nodes: { ...adapted.nodes, gvisor } };
  };
}

/** Where nodes get gVisor from; digests by path below the version. */
interface GvisorRelease {
  readonly source: string;
  readonly version: string;
  readonly sha512: Readonly<Record<string, string>>;
}

/**
 * For a cluster on this computer: two Gatekeeper controllers instead of three, which share its cores anyway, and an audit
 * every ten seconds instead of every minute, because somebody is waiting for it.
 */
export const forThisComputer: Profile = (config) => ({
  ...config,
  gatekeeper: {
    ...config.gatekeeper,
    controller: { ...config.gatekeeper.controller, replicas: 2 },
    audit: { ...config.gatekeeper.audit, intervalSeconds: 10 },
  },
});

/** @throws SandboxError POLICY_INVALID or CONFIG_INVALID with every problem of sandbox.config.ts */
export async function loadConfig(): Promise<SandboxConfig> {
  return (await import('../sandbox.config')).default;
}

/**
 * @param app the chart's parent, which says where synthesis writes
 * @throws SandboxError as `loadConfig`
 */
export async function buildChart(app: App, profile: Profile): Promise<SandboxChart> {
  const { bundleSources } = await import('../webhook-src/bundle');
  const config = profile(await loadConfig());
  return new SandboxChart(app, 'secure-ai-sandbox', { config, bundles: bundleSources() });
}

/**
 * What is to be deployed, in order.
 *
 * @throws SandboxError as `loadConfig`, CHART_INVALID with every rule the chart breaks, PLAN_INVALID
 */
export async function buildPlan(profile: Profile): Promise<readonly PlannedObject[]> {
  const chart = await buildChart(new App(), profile);
  const problems = chart.node.findAll().flatMap((construct) =>
    construct.node.validate().map((reason): Problem => ({
      path: construct.node.path,
      reason,
      fix: 'correct sandbox.config.ts',
    })),
  );
  const [first, ...rest] = problems;
  if (first !== undefined) throw new SandboxError('CHART_INVALID', [first, ...rest]);
  return planDeployment(chart);
}
