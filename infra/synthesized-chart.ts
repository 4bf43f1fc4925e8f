/** A cdk8s chart as Pulumi resources: exactly the objects that `cdk8s synth` prints, one resource each, in the order of the tree. */
import * as pulumi from '@pulumi/pulumi';
import type { Chart } from 'cdk8s';
import { groupOf, type KubernetesObject } from '../kubernetes/object';
import { planDeployment, type PlannedObject } from '../deploy/plan';
import { annotated, objectOptions, secretMembers } from './object-options';
import { refuseOutputs } from './refuse-outputs';

interface SynthesizedChartArgs {
  /** Holds plain values only. */
  readonly chart: Chart;
  /** What must exist before the first object. @default nothing */
  readonly after?: readonly pulumi.Resource[];
}

/**
 * One resource per object of the chart, called `kind/namespace/name` (`kind/name` for a cluster-scoped one), of the provider
 * for package `kubernetes` in the options.
 *
 * A resource depends on what the object depends on in the construct tree, and counts as created when it is ready, so the order
 * is that of `secure-ai up`: CRDs, Gatekeeper, templates, constraints, webhooks, registrations; deletion has the reverse order.
 */
export class SynthesizedChart extends pulumi.ComponentResource {
  /** The resources by name, in order of deployment. */
  readonly objects: ReadonlyMap<string, pulumi.CustomResource>;

  /**
   * @throws SandboxError CHART_HOLDS_OUTPUT if the tree holds a pulumi.Output, CHART_INVALID, PLAN_INVALID; nothing is
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

/** An object of any kind; the type token names the kind. */
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
 * The name of the type in the provider's schema, where the core group has a name: another token for the same object would make
 * Pulumi replace it.
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
