/** What the reference and Gatekeeper say of pods under policies: many pairs in one run of gator, which takes a second to start. */
import { textOf } from '../../../../policy/decision/validate';
import { createDecider } from '../../../../policy/decision/decide';
import { constraints, constraintTemplates } from '../../../../policy/engines/rego';
import type { RuntimePolicy } from '../../../../policy/model/runtime-policy';
import { ENABLED_LABEL } from '../../../../base/names';
import { NAMESPACES_OF_PODS } from '../../../fixtures/arbitraries';
import { gatorTest } from './gator';

/** A pod as generated or read from a file, in one of `NAMESPACES_OF_PODS`. */
export interface JudgedPod {
  readonly metadata: { readonly namespace: string };
}

export interface Batch {
  readonly policy: RuntimePolicy;
  readonly pods: readonly JudgedPod[];
}

export interface Judged {
  readonly policy: RuntimePolicy;
  readonly pod: JudgedPod;
  /** Codes and sentences of the reference, sorted, none twice. */
  readonly expected: readonly string[];
  /** Those of Gatekeeper. */
  readonly actual: readonly string[];
}

/** The last namespace does not take part. */
const namespaces = NAMESPACES_OF_PODS.map((name, index) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name,
    labels: { [ENABLED_LABEL]: index < NAMESPACES_OF_PODS.length - 1 ? 'true' : 'false' },
  },
}));
const enabled: readonly string[] = NAMESPACES_OF_PODS.slice(0, -1);

/** Every pod of a batch under the policy of that batch and no other: what is refused. `judge-reports.ts` has what is warned of and audited. */
export async function judge(batches: readonly Batch[]): Promise<readonly Judged[]> {
  const named = batches.map(({ policy, pods }, index) => ({
    policy,
    constraints: constraints(policy)
      .filter(({ spec }) => spec.enforcementAction === 'deny')
      .map((constraint) => forBatch(constraint, index)),
    pods: pods.map((pod, place) => ({
      ...pod,
      metadata: { ...pod.metadata, name: `${prefixOf(index)}${place}` },
    })),
  }));
  const violations = await gatorTest([
    ...constraintTemplates(),
    ...namespaces,
    ...named.flatMap((batch) => [...batch.constraints, ...batch.pods]),
  ]);
  const said = new Map<string, string[]>();
  for (const { object, code, message } of violations) {
    said.set(object, [...(said.get(object) ?? []), `${code} ${message}`]);
  }
  return named.flatMap(({ policy, pods }) => {
    const decider = createDecider(policy);
    return pods.map((pod) => {
      const { namespace, name } = pod.metadata;
      // Gator reviews as an audit does.
      const context = { namespace, isStored: true };
      const denials = enabled.includes(namespace) ? decider.validate(pod, context) : [];
      return {
        policy,
        pod,
        expected: sorted(denials.map((denial) => `${denial.code} ${textOf(denial)}`)),
        actual: sorted(said.get(name) ?? []),
      };
    });
  });
}

export function differ({ expected, actual }: Judged): boolean {
  return JSON.stringify(expected) !== JSON.stringify(actual);
}

const prefixOf = (index: number) => `pod-${index}-`;

const sorted = (texts: readonly string[]) => [...new Set(texts)].sort();

/** Matched by the name of the pod: Gatekeeper reads no label of a pod whose labels are not all strings. */
function forBatch(constraint: ReturnType<typeof constraints>[number], index: number) {
  const { metadata, spec } = constraint;
  return {
    ...constraint,
    metadata: { name: `${metadata.name}-${index}` },
    spec: { ...spec, match: { ...spec.match, name: `${prefixOf(index)}*` } },
  };
}
