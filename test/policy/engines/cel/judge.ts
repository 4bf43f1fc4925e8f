/** What the reference and the API server make of requests under policies. */
import { isDeepStrictEqual } from 'node:util';
import { createDecider } from '../../../../policy/decision/decide';
import type { Denial } from '../../../../policy/decision/decision';
import { scopeFinder } from '../../../../policy/decision/enforcement';
import { textOf } from '../../../../policy/decision/validate';
import {
  mutatingAdmissionPolicies,
  validatingAdmissionPolicies,
} from '../../../../policy/engines/cel';
import type { RuntimePolicy } from '../../../../policy/model/runtime-policy';
import { askCel, type Outcome, type Request } from '../../../cel-oracle/oracle';

export interface Batch {
  readonly policy: RuntimePolicy;
  readonly requests: readonly Request[];
}

export interface Judged {
  readonly policy: RuntimePolicy;
  readonly request: Request;
  readonly expected: unknown;
  readonly actual: unknown;
  /** The most that a policy costs, in the units of the API server. */
  readonly cost: number;
}

/** The admission policies without their bindings, which the oracle does not read. */
export function policiesIn(manifests: readonly { readonly kind: string }[]): readonly object[] {
  return manifests.filter(({ kind }) => kind.endsWith('Policy'));
}

type Emit = (policy: RuntimePolicy) => readonly { readonly kind: string }[];

/** By name of the admission policy, the message that refuses; empty where none does. */
export async function judgeValidation(
  batches: readonly Batch[],
  emit: Emit = validatingAdmissionPolicies,
): Promise<readonly Judged[]> {
  const answers = await askCel(
    batches.map(({ policy, requests }) => ({ validating: policiesIn(emit(policy)), requests })),
  );
  return judgedOf(batches, answers, expectedDenials, ({ validated }) =>
    Object.fromEntries(Object.entries(validated).map(([name, { message }]) => [name, message])),
  );
}

function expectedDenials(policy: RuntimePolicy): (request: Request, outcome: Outcome) => unknown {
  const { reports } = createDecider(policy);
  const scopeOf = scopeFinder(policy);
  return ({ namespace }, { seen, seenOld }) => {
    const { namespaces, stages } = scopeOf(namespace);
    const said = reports(seen, { namespace }, seenOld ?? undefined);
    return Object.fromEntries(
      stages.map(({ enforcement }) => [
        ['ai-sandbox', ...(namespaces ?? []).slice(0, 1), enforcement].join('-'),
        messageOf(said.find((report) => report.enforcement === enforcement)?.denials ?? []),
      ]),
    );
  };
}

/** All denials in one line. */
function messageOf(denials: readonly Denial[]): string {
  const texts = denials.map((denial) => `${denial.code}: ${textOf(denial)}`);
  return texts
    .join('; ')
    .replace(/[\r\n]/g, ' ')
    .trim();
}

/** The pod after mutation. */
export async function judgeMutation(
  batches: readonly Batch[],
  emit: Emit = mutatingAdmissionPolicies,
): Promise<readonly Judged[]> {
  const answers = await askCel(
    batches.map(({ policy, requests }) => ({ mutating: policiesIn(emit(policy)), requests })),
  );
  return judgedOf(batches, answers, expectedPod, ({ mutated }) =>
    Object.values(mutated).map(({ pod, error }) => error ?? decided(pod)),
  );
}

function expectedPod(policy: RuntimePolicy): (request: Request, outcome: Outcome) => unknown {
  const { decide } = createDecider(policy);
  return ({ namespace }, { seen }) => [decided(decide(seen, { namespace }).pod)];
}

/** An empty map is none to the API server. */
function decided(pod: unknown): unknown {
  const { metadata, ...others } = pod as { metadata: { labels?: object; annotations?: object } };
  const { labels = {}, annotations = {}, ...rest } = metadata;
  return { ...others, metadata: { ...rest, labels, annotations } };
}

function judgedOf(
  batches: readonly Batch[],
  answers: Awaited<ReturnType<typeof askCel>>,
  expecting: (policy: RuntimePolicy) => (request: Request, outcome: Outcome) => unknown,
  actualOf: (outcome: Outcome) => unknown,
): readonly Judged[] {
  return batches.flatMap(({ policy, requests }, index) => {
    const { errors, answers: outcomes } = answers[index] ?? { answers: [] };
    if (errors !== undefined) throw new Error(errors.join('\n'));
    const expectedOf = expecting(policy);
    return requests.flatMap((request, place): Judged[] => {
      const outcome = outcomes[place];
      if (outcome === undefined || outcome.undecodable !== undefined) return [];
      const costs = [...Object.values(outcome.validated), ...Object.values(outcome.mutated)];
      return [
        {
          policy,
          request,
          expected: expectedOf(request, outcome),
          actual: actualOf(outcome),
          cost: Math.max(0, ...costs.map(({ cost }) => cost)),
        },
      ];
    });
  });
}

export function differ({ expected, actual }: Judged): boolean {
  return !isDeepStrictEqual(expected, actual);
}
