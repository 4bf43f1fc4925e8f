/** The chart of the whole platform. */
import { ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { SHARED_ERRORS, refuse, type Problem } from '../base/errors';
import type { Bundles } from '../programs/bundle';
import type { SandboxConfig } from './config';
import { Gatekeeper } from './gatekeeper';
import { deployInOrder } from './internal/dependencies';
import { checkManifests, type Manifest } from './internal/manifest-checks';
import { GvisorNodes, KataNodes } from './nodes';
import { NativePolicies, RuntimePolicies } from './policies';
import { RuntimeClasses, runtimeClassesOf } from './runtimes';
import { PlatformNamespaces, PlatformNetwork, Tenant } from './tenancy';
import { CertificateRotator, Mutator, MutatorRegistration } from './webhook';

interface SandboxChartProps {
  readonly config: SandboxConfig;
  /** The programs that run in the cluster, from `bundleSources()`. */
  readonly bundles: Bundles;
}

/**
 * Everything the platform deploys to a cluster.
 *
 * Construct dependencies define the order of deployment. Webhook configurations come last, when their servers run:
 * Gatekeeper's, then the mutator's.
 * Synthesis throws SandboxError CHART_INVALID with every rule of `internal/manifest-checks.ts` that the objects break.
 */
export class SandboxChart extends Chart {
  constructor(scope: Construct, id: string, { config, bundles }: SandboxChartProps) {
    super(scope, id, { disableResourceNameHashes: true });
    const { policy, webhook } = config;

    const namespaces = new PlatformNamespaces(this, 'PlatformNamespaces');
    const tenants = config.tenants.map(
      (tenant) => new Tenant(this, `Tenant-${tenant.name}`, tenant),
    );
    const sandboxes = { runtimes: policy.runtimes, nodes: config.runtimes };
    const runtimes = new RuntimeClasses(this, 'RuntimeClasses', sandboxes);
    const { kata, gvisor } = config.nodes;
    const installers = [
      ...(kata === undefined ? [] : [new KataNodes(this, 'KataNodes', kata)]),
      ...(gvisor === undefined
        ? []
        : [new GvisorNodes(this, 'GvisorNodes', { settings: gvisor, source: bundles.installer })]),
    ];
    const gatekeeper = new Gatekeeper(this, 'Gatekeeper', config.gatekeeper);
    const network = new PlatformNetwork(this, 'PlatformNetwork', {
      apiServerPorts: webhook.apiServerPorts,
      scrapeFrom: config.scrapeFrom,
    });
    const policies = new RuntimePolicies(this, 'Policies', { policy });
    const rotator = new CertificateRotator(this, 'CertificateRotator', { webhook, bundles });
    const mutator = new Mutator(this, 'Mutator', {
      policy,
      runtimeClasses: runtimeClassesOf(sandboxes),
      webhook,
      bundles,
    });
    const registration = new MutatorRegistration(this, 'MutatorRegistration', webhook);

    deployInOrder([namespaces], [runtimes, ...installers, network]);
    deployInOrder(
      [gatekeeper.namespace],
      [network],
      [...installers, ...gatekeeper.deployments, rotator],
    );
    deployInOrder([...gatekeeper.crds, ...gatekeeper.deployments], policies.templates);
    deployInOrder(tenants, policies.constraints, gatekeeper.webhookConfigurations);
    deployInOrder([gatekeeper.namespace], [rotator]);
    // The mutator starts when the rotator has written its certificate.
    deployInOrder([runtimes, rotator], [mutator]);
    deployInOrder([mutator, ...gatekeeper.webhookConfigurations], [registration]);
    if (config.engines.validation.includes('native')) {
      deployInOrder([registration], [new NativePolicies(this, 'NativePolicies', { policy })]);
    }

    this.node.addValidation({
      validate: () => {
        refuse(SHARED_ERRORS.CHART_INVALID, brokenRules(this));
        return [];
      },
    });
  }
}

function brokenRules(chart: Chart): Problem[] {
  const manifests = chart.node
    .findAll()
    .filter((construct) => construct instanceof ApiObject)
    .map((object) => object.toJson() as Manifest);
  return checkManifests(manifests);
}
