/** What the reference and Gatekeeper report of reviews, by enforcement: many in one run of gator. */
import { textOf } from '../../../../policy/decision/validate';
import { ENABLED_LABEL } from '../../../../base/names';
import { createDecider } from '../../../../policy/decision/decide';
import { scopeFinder } from '../../../../policy/decision/enforcement';
import { constraints, constraintTemplates } from '../../../../policy/engines/rego';
import type { Enforcement, RuntimePolicy } from '../../../../policy/model/runtime-policy';
import { NAMESPACES_OF_PODS } from '../../../fixtures/arbitraries';
import { gatorTest, type Violation } from './gator';

export interface Review {
  /** None in audits. */
  readonly operation?: 'CREATE' | 'UPDATE';
  readonly namespace: string;
  readonly object: unknown;
  readonly oldObject?: unknown;
}

export interface ReviewBatch {
  readonly policy: RuntimePolicy;
  readonly reviews: readonly Review[];
}

/** Codes and messages by enforcement, without enforcements that say nothing. */
type Said = Readonly<Record<string, readonly string[]>>;

export interface JudgedReview {
  readonly policy: RuntimePolicy;
  readonly review: Review;
  readonly expected: Said;
  readonly actual: Said;
}

/** Every review of a batch under the policy of that batch and no other. */
export async function judgeReports(batches: readonly ReviewBatch[]): Promise<JudgedReview[]> {
  const named = batches.map(({ policy, reviews }, index) => ({
    policy,
    constraints: constraints(policy).map((constraint) => forBatch(constraint, index)),
    carried: reviews.map((review, place) => ({ review, name: `${prefixOf(index)}${place}` })),
  }));
  const violations = await gatorTest([
    ...constraintTemplates().map(readingCarriedReviews),
    ...NAMESPACES_OF_PODS.map(enabledNamespace),
    ...named.flatMap((batch) => [...batch.constraints, ...batch.carried.map(carrier)]),
  ]);
  const byObject = grouped(violations, ({ object }) => object);
  return named.flatMap(({ policy, constraints: deployed, carried }) => {
    const decider = createDecider(policy);
    const scopeOf = scopeFinder(policy);
    const stagesIn = (namespace: string) =>
      scopeOf(namespace).stages.map(({ enforcement }) => enforcement);
    return carried.map(({ review, name }) => ({
      policy,
      review,
      expected: expectedOf(decider, review),
      actual: actualOf(stagesIn(review.namespace), deployed, byObject.get(name) ?? []),
    }));
  });
}

function expectedOf(decider: ReturnType<typeof createDecider>, review: Review): Said {
  const { namespace, object, oldObject, operation } = review;
  const context = { namespace, isStored: operation !== 'CREATE' };
  const reports = decider.reports(object, context, oldObject);
  return said(
    reports.map(({ enforcement, denials }) => [
      enforcement,
      denials.map((denial) => `${denial.code} ${textOf(denial)}`),
    ]),
  );
}

type Constraint = ReturnType<typeof constraints>[number];

/** Hardest first. */
const ACTIONS = ['deny', 'warn', 'dryrun'] as const;

const STAGES: Readonly<Record<(typeof ACTIONS)[number], Enforcement>> = {
  deny: 'deny',
  warn: 'warn',
  dryrun: 'audit',
};

/**
 * What a stage says. A softer stage has only the constraints that differ from those of a harder one, and shares the others. A stage that
 * the namespace does not have shares nothing, and nothing may be said there.
 */
function actualOf(
  stages: readonly Enforcement[],
  deployed: readonly Constraint[],
  violations: readonly Violation[],
): Said {
  const families = grouped(deployed, ({ kind, metadata }) => `${kind}/${stemOf(metadata.name)}`);
  const speakingAt = (action: (typeof ACTIONS)[number]) => {
    const hardEnough = stages.includes(STAGES[action])
      ? ACTIONS.slice(0, ACTIONS.indexOf(action) + 1)
      : [action];
    return [...families.values()].flatMap((family) =>
      family.filter(({ spec }) => hardEnough.includes(spec.enforcementAction)).slice(-1),
    );
  };
  return said(
    ACTIONS.map((action) => {
      const names = speakingAt(action).map(({ metadata }) => metadata.name);
      const messages = violations.filter(({ constraint }) => names.includes(constraint));
      return [STAGES[action], messages.map(({ code = '', message }) => `${code} ${message}`)];
    }),
  );
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

const stemOf = (name: string) => name.replace(/-(?:warn|audit)(?=--\d+$)/, '');

function said(stages: readonly (readonly [string, readonly string[]])[]): Said {
  const sorted = stages.map(([stage, texts]) => [stage, [...new Set(texts)].sort()] as const);
  return Object.fromEntries(sorted.filter(([, texts]) => texts.length > 0));
}

function enabledNamespace(name: string) {
  const labels = { [ENABLED_LABEL]: 'true' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

const prefixOf = (index: number) => `pod-${index}-`;

function forBatch(constraint: Constraint, index: number): Constraint {
  const { metadata, spec } = constraint;
  const match = { ...spec.match, name: `${prefixOf(index)}*` };
  return {
    ...constraint,
    metadata: { name: `${metadata.name}--${index}` },
    spec: { ...spec, match },
  };
}

const CARRIED = 'example.com/review';

/** `gator test` reviews objects, as an audit does. So a pod carries each review, and the Rego reads that one. */
function carrier({ review, name }: { readonly review: Review; readonly name: string }) {
  const annotations = { [CARRIED]: JSON.stringify(review) };
  const metadata = { name, namespace: review.namespace, annotations };
  return { apiVersion: 'v1', kind: 'Pod', metadata };
}

const CARRIED_REVIEW = `package lib.reviewed

review := json.unmarshal(input.review.object.metadata.annotations["${CARRIED}"])
`;

type Template = ReturnType<typeof constraintTemplates>[number];

function readingCarriedReviews(template: Template): Template {
  const [target] = template.spec.targets;
  const source = target?.code[0]?.source;
  if (target === undefined || source === undefined) throw new Error('a template without Rego');
  // Gatekeeper finds a library through an import only.
  const carried = (module: string) =>
    module.includes('input.review')
      ? module
          .replaceAll('input.review', 'reviewed.review')
          .replace(/^package .*$/m, '$&\n\nimport data.lib.reviewed')
      : module;
  const libs = [...source.libs.map(carried), CARRIED_REVIEW];
  const code = [
    { engine: 'Rego' as const, source: { ...source, rego: carried(source.rego), libs } },
  ];
  return { ...template, spec: { ...template.spec, targets: [{ ...target, code }] } };
}
