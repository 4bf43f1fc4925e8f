import { ApiObject, Chart } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { SHARED_ERRORS, refuse, type Problem } from '../base/errors';
import type { Bundles } from '../programs/bundle';
import type { SandboxConfig } from './config';
import { Gatekeeper } from './gatekeeper';
import { checkManifests, type Manifest } from './internal/manifest-checks';
import { GvisorNodes, KataNodes } from './nodes';
import { RuntimePolicies } from './policies';
import { RuntimeClasses } from './runtimes';
import { PlatformNamespaces, PlatformNetwork, Tenant } from './tenancy';
import { CertificateRotator, Mutator, MutatorRegistration } from './webhook';

interface SandboxChartProps {
  readonly config: SandboxConfig;
  /** The programs that run in the cluster, from `bundleSources()`. */
  readonly bundles: Bundles;
}

/**
 * Everything the platform puts into a cluster.
 *
 * Construct dependencies are the order of deployment. Whoever registers with the API server comes last, when the server
 * behind it runs: Gatekeeper's webhooks, then the mutator's.
 * A chart that breaks one of the rules in `manifest-checks.ts` is not synthesized: synthesis throws SandboxError CHART_INVALID with
 * every broken rule.
 */
export class SandboxChart extends Chart {
  constructor(scope: Construct, id: string, { config, bundles }: SandboxChartProps) {
    super(scope, id, { disableResourceNameHashes: true });
    const { policy, webhook } = config;

    const namespaces = new PlatformNamespaces(this, 'PlatformNamespaces');
    const tenants = config.tenants.map(
      (tenant) => new Tenant(this, `Tenant-${tenant.name}`, tenant),
    );
    const runtimes = new RuntimeClasses(this, 'RuntimeClasses', {
      runtimes: policy.runtimes,
      nodes: config.runtimes,
    });
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
    const mutator = new Mutator(this, 'Mutator', { policy, webhook, bundles });
    const registration = new MutatorRegistration(this, 'MutatorRegistration', webhook);

    after([runtimes, ...installers, network], [namespaces]);
    after([network], [gatekeeper.namespace]);
    after([...installers, ...gatekeeper.deployments, rotator], [network]);
    after(policies.templates, [...gatekeeper.crds, ...gatekeeper.deployments]);
    after(policies.constraints, tenants);
    after(gatekeeper.webhookConfigurations, policies.constraints);
    rotator.node.addDependency(gatekeeper.namespace);
    // The mutator starts when the rotator has written its certificate.
    mutator.node.addDependency(runtimes, rotator);
    registration.node.addDependency(mutator, ...gatekeeper.webhookConfigurations);

    this.node.addValidation({
      validate: () => {
        refuse(SHARED_ERRORS.CHART_INVALID, brokenRules(this));
        return [];
      },
    });
  }
}

function after(later: readonly IConstruct[], earlier: readonly IConstruct[]): void {
  for (const construct of later) construct.node.addDependency(...earlier);
}

function brokenRules(chart: Chart): Problem[] {
  const manifests = chart.node
    .findAll()
    .filter((construct) => construct instanceof ApiObject)
    .map((object) => object.toJson() as Manifest);
  return checkManifests(manifests);
}
