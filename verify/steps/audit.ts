/** Step: the audit finds a pod that is older than the policy. */
import { createDecider } from '../../policy/decision/decide';
import { textOf } from '../../policy/decision/validate';
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
      const [report] = createDecider(context.policy).reports(pod, { namespace, isStored: true });
      const [denial] = report?.denials ?? [];
      if (denial === undefined) return notRun('the policy accepts a pod outside any sandbox');
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
      return awaitViolation(context, namespace, textOf(denial));
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

interface Finding {
  readonly constraint: string;
  readonly totalViolations: number;
  readonly auditTimestamp: string;
  readonly message: string;
}

async function awaitViolation(
  { api, signal }: VerifyContext,
  namespace: string,
  message: string,
): Promise<Outcome> {
  let constraints: readonly KubernetesObject[] = [];
  const look = async () => {
    const kinds = Object.values(CONSTRAINT_KINDS);
    const lists = kinds.map((kind) =>
      api.list({ apiVersion: 'constraints.gatekeeper.sh/v1beta1', kind }),
    );
    constraints = (await Promise.all(lists)).flat();
    return findings(constraints, namespace).length > 0 ? true : new NotYet(auditState(constraints));
  };
  try {
    await waitUntil(look, { deadlineSeconds: AUDIT_DEADLINE_SECONDS, signal });
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    if (constraints.some(isCapped)) {
      return notRun(
        'constraints have more violations than their status lists (Gatekeeper flag --constraint-violations-limit)',
      );
    }
    return fail(error.message);
  }
  const found = findings(constraints, namespace);
  const { constraint, totalViolations } = found[0] as Finding;
  const right = found.some((finding) => finding.message === message);
  const observed = `${constraint}: totalViolations ${totalViolations}, ${found[0]?.message}`;
  return right ? pass(observed, { findings: found }) : fail(observed, { findings: found });
}

function findings(constraints: readonly KubernetesObject[], namespace: string): Finding[] {
  return constraints.flatMap((constraint) =>
    listAt(constraint, 'status', 'violations')
      .filter((violation) => stringAt(violation, 'namespace') === namespace)
      .map((violation) => ({
        constraint: `${constraint.kind}/${constraint.metadata.name}`,
        totalViolations: Number(valueAt(constraint, 'status', 'totalViolations') ?? 0),
        auditTimestamp: stringAt(constraint, 'status', 'auditTimestamp') ?? '',
        message: stringAt(violation, 'message') ?? '',
      })),
  );
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
