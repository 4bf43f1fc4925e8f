/** Step: a trial shows that NetworkPolicies are enforced. */
import { DeadlineError } from '../../base/wait-until';
import { ENABLED_LABEL, NETWORK_NOT_ENFORCED_ANNOTATION } from '../../base/names';
import type { Runtime } from '../../policy/model/runtime-policy';
import { nodesOffering } from '../kernel';
import { enforcementTest } from '../namespace';
import { fail, notRun, pass, type Outcome, type VerifyContext, type Step } from '../step';
import { EFFECT_DEADLINE_SECONDS, startTrial, type NetworkTrial } from '../network-trial';
import { VERIFY_NAMESPACE_LABELS } from '../pod';

const FIX =
  'install a network plugin that enforces NetworkPolicies, such as Cilium or Calico, or enable its enforcement';

/**
 * Tried, not assumed: a NetworkPolicy is stored even if nothing enforces it. Two pods in a separate namespace,
 * in a sandbox if a node offers one and the policy is enforced there: without a policy the client reaches the server, under default-deny it does not,
 * and after its deletion it does again, so that only the policy can be the reason.
 */
export const networkPolicies: Step = {
  id: 'network-policies',
  title: 'NetworkPolicies are enforced',
  expected: 'a client that reaches a server, not under default-deny, and again without it',
  run: async (context) => {
    if ((await nodesOffering(context)).length === 0)
      return notRun('no ready node reports a container runtime, so the pods would stay Pending');
    const namespace = `secure-ai-network-${context.suffix}`;
    // Where the policy is not enforced a label chooses nothing.
    const isEnforced = enforcementTest(context.policy)(namespace);
    const runtime = isEnforced ? await offeredRuntime(context) : undefined;
    const enabled = runtime === undefined ? {} : { [ENABLED_LABEL]: 'true' };
    await context.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: { ...VERIFY_NAMESPACE_LABELS, ...enabled },
      },
    });
    const labels = runtime === undefined ? {} : { [context.policy.labelKey]: runtime.name };
    const pods = runtime === undefined ? 'pods outside a sandbox' : `${runtime.name} pods`;
    return tryPolicy(context, await startTrial(context, namespace, labels), pods);
  },
};

/** The strongest runtime that a ready node offers; undefined if none offers any. */
async function offeredRuntime(context: VerifyContext): Promise<Runtime | undefined> {
  for (const runtime of [...context.policy.runtimes].reverse())
    if ((await nodesOffering(context, runtime.handler)).length > 0) return runtime;
  return undefined;
}

async function tryPolicy(
  context: VerifyContext,
  trial: NetworkTrial,
  pods: string,
): Promise<Outcome> {
  const within = async (reach: 'reached' | 'blocked') => {
    try {
      await trial.awaits(reach, EFFECT_DEADLINE_SECONDS);
      return true;
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      return false;
    }
  };
  const evidence = { namespace: trial.namespace, pods, node: trial.node };
  if (!(await within('reached')))
    return notRun('the client does not reach the server even without a NetworkPolicy');
  await trial.close();
  if (!(await within('blocked'))) return unenforced(context, evidence);
  await trial.open();
  return (await within('reached'))
    ? pass(`between two ${pods}: reached, blocked under default-deny, reached again`, evidence)
    : fail('the client stays blocked after default-deny was deleted', evidence);
}

/** A node of a local cluster whose kernel cannot enforce NetworkPolicies reports this itself. */
async function unenforced(
  { api }: VerifyContext,
  evidence: { readonly namespace: string; readonly node: string },
): Promise<Outcome> {
  const node = await api.get({ apiVersion: 'v1', kind: 'Node', name: evidence.node });
  const known = node?.metadata.annotations?.[NETWORK_NOT_ENFORCED_ANNOTATION];
  if (known !== undefined) return notRun(`not enforced here: ${known}`);
  const reason = `not enforced: a client still reaches a server ${EFFECT_DEADLINE_SECONDS} s after default-deny`;
  return fail(reason, evidence, [
    { path: `NetworkPolicy/${evidence.namespace}/default-deny`, reason, fix: FIX },
  ]);
}
