/** A cdk8s chart as Pulumi resources: the very objects that `cdk8s synth` prints, each a resource, in the order of the tree. */
import * as pulumi from '@pulumi/pulumi';
import type { Chart } from 'cdk8s';
import { groupOf, type KubernetesObject } from '../kubernetes/object';
import { planDeployment, type PlannedObject } from '../deploy/plan';
import { annotated, objectOptions, secretMembers } from './object-options';
import { refuseOutputs } from './refuse-outputs';

interface SynthesizedChartArgs {
  /** Holds plain values only. */
  readonly chart: Chart;
  /** What has to be there before the first object. @default nothing */
  readonly after?: readonly pulumi.Resource[];
}

/**
 * One resource per object of the chart, called `kind/namespace/name` (`kind/name` for a cluster-scoped one), of the provider
 * for package `kubernetes` in the options.
 *
 * A resource depends on what the object depends on in the construct tree, and counts as created when it is ready, so the order
 * is that of `secure-ai up`: CRDs, Gatekeeper, templates, constraints, webhooks, registrations; on the way out the reverse.
 */
export class SynthesizedChart extends pulumi.ComponentResource {
  /** The resources by name, in order of deployment. */
  readonly objects: ReadonlyMap<string, pulumi.CustomResource>;

  /**
   * @throws SandboxError CHART_HOLDS_OUTPUT where a pulumi.Output is in the tree, CHART_INVALID, PLAN_INVALID; nothing is
   *   registered then
   */
  constructor(
    name: string,
    { chart, after = [] }: SynthesizedChartArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    refuseOutputs(chart);
    const plan = planDeployment(chart);
    super('secure-ai-sandbox:index:SynthesizedChart', name, {}, opts);
    const objects = new Map<string, pulumi.CustomResource>();
    for (const planned of plan) {
      const before = planned.dependsOn.flatMap((id) => objects.get(id) ?? []);
      objects.set(
        planned.id,
        register(planned, { parent: this, dependsOn: [...after, ...before] }),
      );
    }
    this.objects = objects;
    this.registerOutputs({ objects: plan.length });
  }
}

/** Any object: the type token says of which kind. */
class SynthesizedObject extends pulumi.CustomResource {}

function register(
  { id, manifest, wait }: PlannedObject,
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  return new SynthesizedObject(typeToken(manifest), id, inputs(annotated(manifest, wait)), {
    ...opts,
    ...objectOptions(manifest),
  });
}

/**
 * As the provider's schema calls the type, where the core group has a name: another token for the same object would make
 * Pulumi replace it some day.
 */
function typeToken({ apiVersion, kind }: KubernetesObject): string {
  const groupVersion = groupOf(apiVersion) === '' ? `core/${apiVersion}` : apiVersion;
  return `kubernetes:${groupVersion}:${kind}`;
}

function inputs(manifest: KubernetesObject): pulumi.Inputs {
  const secrets = secretMembers(manifest).filter((member) => Object.hasOwn(manifest, member));
  return {
    ...manifest,
    ...Object.fromEntries(secrets.map((member) => [member, pulumi.secret(manifest[member])])),
  };
}
