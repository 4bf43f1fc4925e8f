/** Step: no running pod of an enabled namespace bypasses its sandbox. */
import { stringAt, type KubernetesObject } from '../../kubernetes/object';
import { createDecider } from '../../policy/decision/decide';
import { scopeFinder, type Scope } from '../../policy/decision/enforcement';
import { hollowness } from '../../policy/decision/guardrails';
import { podFacts } from '../../policy/pod/facts';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { enabledNamespaces } from '../enabled-namespaces';
import { outcomeOfFindings, type Finding, type Step } from '../step';

/**
 * No pod that runs on a node bypasses its sandbox or has none, in enabled namespaces where the policy is enforced. Such a pod may be
 * older than the platform. Pods that a rule exempts and mirrors of static pods are named, not judged.
 */
export const hollowPods: Step = {
  id: 'hollow-pods',
  title: 'No pod bypasses its sandbox',
  expected: 'nothing that a guardrail of the policy is closed for, no other class',
  run: async (context) => {
    const { policy } = context;
    const scopeOf = scopeFinder(policy);
    const names = (await enabledNamespaces(context)).map(({ metadata }) => metadata.name ?? '');
    const enforced = names.filter((name) => scopeOf(name).enforcement === 'deny');
    const lists = enforced.map((namespace) =>
      context.api.list({ apiVersion: 'v1', kind: 'Pod', namespace }),
    );
    const running = (await Promise.all(lists)).flat().filter(isOnNode);
    const { select } = createDecider(policy);
    const judged = running.map((pod) => {
      const namespace = pod.metadata.namespace ?? '';
      return { pod, namespace, ...select(pod, { namespace, isStored: true }) };
    });
    const leftAlone = judged.filter(({ source }) => source === 'exempt' || source === 'mirror');
    return outcomeOfFindings(
      judged.flatMap((one) =>
        leftAlone.includes(one) ? [] : findingOf(one.pod, scopeOf(one.namespace)),
      ),
      [
        `${running.length} pods on nodes, in ${enforced.length} enabled namespaces`,
        ...(enforced.length < names.length
          ? [`not enforced in ${names.filter((name) => !enforced.includes(name)).join(', ')}`]
          : []),
        ...leftAlone.map(({ pod, source, rules }) =>
          source === 'mirror'
            ? `${pathOf(pod)} mirrors a static pod`
            : `${pathOf(pod)} is exempt by rule ${rules.join(', ')}`,
        ),
      ].join('; '),
    );
  },
};

function isOnNode(pod: KubernetesObject): boolean {
  const ended = ['Succeeded', 'Failed'].includes(stringAt(pod, 'status', 'phase') ?? '');
  return stringAt(pod, 'spec', 'nodeName') !== undefined && !ended;
}

const pathOf = ({ metadata: { namespace, name } }: KubernetesObject) => `Pod/${namespace}/${name}`;

function findingOf(pod: KubernetesObject, { stages }: Scope): Finding[] {
  const [stage] = stages;
  if (stage === undefined) return [];
  const facts = podFacts(pod, { namespace: pod.metadata.namespace ?? '', isStored: true });
  const flaws = [
    ...hollowness(stage.policy, facts).map(({ what }) => what),
    ...classFlaws(pod, stage.policy),
  ];
  if (flaws.length === 0) return [];
  return [
    {
      path: pathOf(pod),
      reason: `it ${flaws.join(', ')}`,
      fix: 'remove that from its template and delete the pod, so that its controller creates it again under the policy',
    },
  ];
}

/** A pod without a class is correct only if the policy ignores unlabelled pods. */
function classFlaws(pod: KubernetesObject, { runtimes, unlabelled }: RuntimePolicy): string[] {
  const className = stringAt(pod, 'spec', 'runtimeClassName');
  if (className === undefined)
    return unlabelled === 'ignore' ? [] : ['has no runtimeClassName, so it runs outside a sandbox'];
  return runtimes.some((runtime) => runtime.runtimeClassName === className)
    ? []
    : [`has runtimeClassName ${className}, which the policy does not know`];
}
