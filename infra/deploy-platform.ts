/** The platform in a cluster: the chart that `cdk8s synth` prints, as resources of that cluster's provider. */
import * as kubernetes from '@pulumi/kubernetes';
import { App } from 'cdk8s';
import type { SandboxConfig } from '../constructs';
import { platformChart } from '../constructs/platform-chart';
import type { Cluster } from './clusters/cluster';
import { SynthesizedChart } from './synthesized-chart';

/** @throws SandboxError as `SynthesizedChart` */
export function deployPlatform(
  config: SandboxConfig,
  { kubeconfig, context, dependsOn }: Cluster,
): SynthesizedChart {
  const chart = platformChart(new App(), config);
  const provider = new kubernetes.Provider('cluster', {
    // The policy changes in place, as the webhook that watches it expects; a replacement would delete it for a moment.
    enableConfigMapMutable: true,
    ...(kubeconfig && { kubeconfig }),
    ...(context !== undefined && { context }),
  });
  return new SynthesizedChart('platform', { chart, after: dependsOn }, { provider });
}
