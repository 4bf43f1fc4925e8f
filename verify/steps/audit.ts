/** Step: the audit finds a pod that is older than the policy. */
import { createDecider } from '../../policy/decision/decide';
import { ENFORCEMENT_ACTIONS } from '../../policy/engines/rego';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { CONSTRAINT_KINDS, ENABLED_LABEL } from '../../base/names';
import { listAt, stringAt, valueAt, type KubernetesObject } from '../../kubernetes/object';
import { DeadlineError, NotYet, waitUntil } from '../../base/wait-until';
import { fail, notRun, pass, type Outcome, type VerifyContext, type Step } from '../step';
import { BUSYBOX_IMAGE, VERIFY_NAMESPACE_LABELS, verificationPod } from '../pod';

/** Gatekeeper's default audit interval is 60 s (flag --audit-interval). An audit that has just begun does not see the pod. */
const AUDIT_DEADLINE_SECONDS = 240;

/**
 * The audit finds a violating pod that existed before the policy covered it. The pod lives in a separate namespace, which is
 * enabled only after the pod is stored; a scheduling gate keeps it from ever running.
 *
 * Only constraints with the hardest action that refuses the pod count, which is `deny` unless the policy itself only warns or audits.
 * Violations of the others are reported beside.
 */
export function audit(): Step {
  return {
    id: 'audit',
    title: 'The audit finds a pod older than the policy',
    expected: 'a violation of this pod in the status of a constraint',
    run: async (context) => {
      const namespace = `secure-ai-verify-${context.suffix}`;
      const pod = verificationPod({
        name: 'unsandboxed',
        namespace,
        image: BUSYBOX_IMAGE,
        gated: true,
      });
      const expected = expectedViolation(context.policy, pod, namespace);
      if (expected === undefined) return notRun('the policy accepts a pod outside any sandbox');
      if (!context.expected.constraints.some((one) => selectsPodsOf(one, namespace)))
        return notRun('the policy is not enforced in a new namespace, and no constraint covers it');
      await context.create({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: VERIFY_NAMESPACE_LABELS },
      });
      await context.create(pod);
      await context.api.patch(
        { apiVersion: 'v1', kind: 'Namespace', name: namespace },
        { metadata: { labels: { [ENABLED_LABEL]: 'true' } } },
      );
      return awaitViolation(context, namespace, expected);
    },
  };
}

/** Whether a constraint covers a new namespace that is enabled (gatekeeper v3.23.1, pkg/mutation/match/match.go). */
function selectsPodsOf(constraint: KubernetesObject, namespace: string): boolean {
  const only = valueAt(constraint, 'spec', 'match', 'namespaces');
  return (
    only === undefined || listAt(constraint, 'spec', 'match', 'namespaces').includes(namespace)
  );
}

/** What a constraint says, and what it does about it. */
interface Violation {
  readonly action: string;
  readonly message: string;
}

function expectedViolation(
  policy: RuntimePolicy,
  pod: KubernetesObject,
  namespace: string,
): Violation | undefined {
  const reports = createDecider(policy).reports(pod, { namespace, isStored: true });
  return reports.flatMap(({ enforcement, denials }) =>
    denials.map(({ message }) => ({ action: ENFORCEMENT_ACTIONS[enforcement], message })),
  )[0];
}

interface Finding extends Violation {
  readonly constraint: string;
  readonly totalViolations: number;
  readonly auditTimestamp: string;
}

async function awaitViolation(
  { api, signal }: VerifyContext,
  namespace: string,
  { action, message }: Violation,
): Promise<Outcome> {
  let constraints: readonly KubernetesObject[] = [];
  const counted = () => findings(constraints, namespace).filter((one) => one.action === action);
  const look = async () => {
    const kinds = Object.values(CONSTRAINT_KINDS);
    const lists = kinds.map((kind) =>
      api.list({ apiVersion: 'constraints.gatekeeper.sh/v1beta1', kind }),
    );
    constraints = (await Promise.all(lists)).flat();
    return counted().length > 0 ? true : new NotYet(auditState(constraints));
  };
  try {
    await waitUntil(look, { deadlineSeconds: AUDIT_DEADLINE_SECONDS, signal });
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    if (constraints.some((constraint) => actionOf(constraint) === action && isCapped(constraint))) {
      return notRun(
        'constraints have more violations than their status lists (Gatekeeper flag --constraint-violations-limit)',
      );
    }
    return fail(error.message);
  }
  const found = counted();
  const others = findings(constraints, namespace).filter((one) => one.action !== action);
  const { constraint, totalViolations } = found[0] as Finding;
  // A status holds 256 characters of a message (gatekeeper v3.23.1, pkg/audit/manager.go, msgSize), so the hint behind it may be cut.
  const right = found.some((finding) => finding.message.startsWith(message));
  const observed = [
    `${constraint}: totalViolations ${totalViolations}, ${found[0]?.message}`,
    ...others.map((other) => `${other.constraint} (${other.action}): ${other.message}`),
  ].join('; ');
  const evidence = { findings: found, ...(others.length > 0 && { notEnforced: others }) };
  return right ? pass(observed, evidence) : fail(observed, evidence);
}

function findings(constraints: readonly KubernetesObject[], namespace: string): Finding[] {
  return constraints.flatMap((constraint) =>
    listAt(constraint, 'status', 'violations')
      .filter((violation) => stringAt(violation, 'namespace') === namespace)
      .map((violation) => ({
        constraint: `${constraint.kind}/${constraint.metadata.name}`,
        action: actionOf(constraint),
        totalViolations: Number(valueAt(constraint, 'status', 'totalViolations') ?? 0),
        auditTimestamp: stringAt(constraint, 'status', 'auditTimestamp') ?? '',
        message: stringAt(violation, 'message') ?? '',
      })),
  );
}

/** Missing is `deny` (Gatekeeper v3.23.1, website/docs/violations.md). */
function actionOf(constraint: KubernetesObject): string {
  return stringAt(constraint, 'spec', 'enforcementAction') ?? 'deny';
}

function isCapped(constraint: KubernetesObject): boolean {
  const total = Number(valueAt(constraint, 'status', 'totalViolations') ?? 0);
  return total > listAt(constraint, 'status', 'violations').length;
}

function auditState(constraints: readonly KubernetesObject[]): string {
  if (constraints.length === 0) return 'no constraints exist';
  const times = constraints.map((constraint) => stringAt(constraint, 'status', 'auditTimestamp'));
  return `last audit ${
    times
      .filter((time) => time !== undefined)
      .sort()
      .at(-1) ?? 'never'
  }`;
}
