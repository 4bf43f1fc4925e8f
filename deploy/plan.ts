/** Builds the plan of a chart: the objects, their order, and what to wait for after each. */
import { ApiObject, type Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { SHARED_ERRORS, refuse, type Problem } from '../base/errors';
import { DEPLOY_ERRORS } from './errors';
import { MUTATOR } from '../base/names';
import {
  groupOf,
  objectId,
  referenceOf,
  stringAt,
  type KubernetesObject,
} from '../kubernetes/object';
import { topologicalOrder } from './order';

/** What must be true of an applied object before the objects that depend on it are applied. `readiness.ts` checks it. */
export type WaitKind =
  | 'none'
  | 'namespace-active'
  | 'crd-established'
  | 'template-created'
  | 'constraint-enforced'
  | 'deployment-available'
  | 'daemonset-rolled-out'
  | 'ca-injected'
  | 'webhook-answers';

export interface PlannedObject {
  /** `Kind/namespace/name`, or `Kind/name` for a cluster-scoped object. Unique in a plan. */
  readonly id: string;
  readonly manifest: KubernetesObject;
  /** Ids of the objects that must exist and be ready before this one; sorted as in the plan. */
  readonly dependsOn: readonly string[];
  readonly wait: WaitKind;
}

/**
 * Every object of the chart, each after its dependencies. Besides the dependencies of the construct tree, three that the
 * API server itself imposes are added: an object needs its Namespace, a custom resource its CustomResourceDefinition, and a
 * Gatekeeper constraint its ConstraintTemplate. Deterministic: independent objects keep the order of the tree.
 *
 * @throws SandboxError CHART_INVALID with every rule the chart breaks; PLAN_INVALID when two objects are the same, or
 *   dependencies form a cycle
 */
export function planDeployment(chart: Chart): readonly PlannedObject[] {
  refuseInvalid(chart);
  // chart.apiObjects holds direct children only.
  const objects = chart.node.findAll().filter((node) => ApiObject.isApiObject(node));
  const drafts = objects.map(draft);
  refuseDuplicates(drafts);
  addConstructDependencies(chart, new Map(drafts.map((item) => [item.construct, item])));
  addImposedDependencies(drafts);

  const { order, cyclic } = topologicalOrder(drafts, ({ before }) => before);
  refuseCycle(cyclic);
  return order.map(({ id, manifest, before }) => ({
    id,
    manifest,
    dependsOn: order.flatMap((other) => (before.has(other.id) ? [other.id] : [])),
    wait: waitKindOf(manifest),
  }));
}

interface Draft {
  readonly id: string;
  readonly manifest: KubernetesObject;
  readonly construct: IConstruct;
  readonly before: Set<string>;
}

function draft(construct: ApiObject): Draft {
  const manifest = construct.toJson() as KubernetesObject;
  return { id: objectId(referenceOf(manifest)), manifest, construct, before: new Set() };
}

/** A dependency between two constructs is one between all objects below them. */
function addConstructDependencies(chart: Chart, draftOf: ReadonlyMap<IConstruct, Draft>): void {
  const draftsBelow = (construct: IConstruct) =>
    construct.node.findAll().flatMap((node) => draftOf.get(node) ?? []);
  const edges = chart.node
    .findAll()
    .flatMap((dependent) => dependent.node.dependencies.map((on) => [dependent, on] as const));
  for (const [dependent, dependency] of edges) {
    const required = draftsBelow(dependency).map(({ id }) => id);
    for (const { id, before } of draftsBelow(dependent))
      required.filter((other) => other !== id).forEach((other) => before.add(other));
  }
}

function addImposedDependencies(drafts: readonly Draft[]): void {
  const provider = new Map<string, string>();
  for (const { id, manifest } of drafts) {
    const provided = providedBy(manifest);
    if (provided !== undefined) provider.set(provided, id);
  }
  for (const { id, manifest, before } of drafts) {
    const { apiVersion, kind, metadata } = manifest;
    const needs = [`kind ${groupOf(apiVersion)}/${kind}`];
    if (metadata.namespace !== undefined) needs.push(`namespace ${metadata.namespace}`);
    for (const need of needs) {
      const from = provider.get(need);
      if (from !== undefined && from !== id) before.add(from);
    }
  }
}

/** Group of the kinds that Gatekeeper creates from templates (gatekeeper docs, Constraint Templates). */
const CONSTRAINT_GROUP = 'constraints.gatekeeper.sh';

function providedBy(manifest: KubernetesObject): string | undefined {
  switch (manifest.kind) {
    case 'Namespace':
      return `namespace ${manifest.metadata.name}`;
    case 'CustomResourceDefinition':
      return `kind ${stringAt(manifest, 'spec', 'group')}/${stringAt(manifest, 'spec', 'names', 'kind')}`;
    case 'ConstraintTemplate':
      return `kind ${CONSTRAINT_GROUP}/${stringAt(manifest, 'spec', 'crd', 'spec', 'names', 'kind')}`;
    default:
      return undefined;
  }
}

function waitKindOf({ apiVersion, kind, metadata }: KubernetesObject): WaitKind {
  if (groupOf(apiVersion) === CONSTRAINT_GROUP) return 'constraint-enforced';
  switch (kind) {
    case 'Namespace':
      return 'namespace-active';
    case 'CustomResourceDefinition':
      return 'crd-established';
    case 'ConstraintTemplate':
      return 'template-created';
    case 'Deployment':
      return 'deployment-available';
    case 'DaemonSet':
      return 'daemonset-rolled-out';
    case 'MutatingWebhookConfiguration':
      return metadata.name === MUTATOR.name ? 'webhook-answers' : 'ca-injected';
    case 'ValidatingWebhookConfiguration':
      return 'ca-injected';
    default:
      return 'none';
  }
}

/** The validation that `app.synth()` does before it writes. */
function refuseInvalid(chart: Chart): void {
  const problems = chart.node.findAll().flatMap((construct) =>
    construct.node.validate().map((reason): Problem => ({
      path: construct.node.path,
      reason,
      fix: 'change sandbox.config.ts so that the rule holds',
    })),
  );
  refuse(SHARED_ERRORS.CHART_INVALID, problems);
}

function refuseDuplicates(drafts: readonly Draft[]): void {
  const paths = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { id, construct } of drafts) {
    const other = paths.get(id);
    if (other !== undefined) {
      problems.push({
        path: construct.node.path,
        reason: `it is ${id}, and so is ${other}`,
        fix: 'give one of them another name or namespace',
      });
    }
    paths.set(id, construct.node.path);
  }
  refuse(DEPLOY_ERRORS.PLAN_INVALID, problems);
}

function refuseCycle(cyclic: readonly Draft[]): void {
  const problems = cyclic.map(({ id, before }): Problem => ({
    path: id,
    reason: `it depends, in a cycle, on ${[...before].join(', ')}`,
    fix: 'remove one addDependency of the cycle',
  }));
  refuse(DEPLOY_ERRORS.PLAN_INVALID, problems);
}
