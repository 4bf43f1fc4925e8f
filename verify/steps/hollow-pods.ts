/** Step: no running pod of an enabled namespace bypasses its sandbox. */
import { listAt, stringAt, valueAt, type KubernetesObject } from '../../kubernetes/object';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { annotationsOf, runtimeClassNameOf } from '../../policy/pod/pod';
import { hollowAnnotations } from '../../policy/decision/validate';
import { enabledNamespaces } from '../enabled-namespaces';
import { outcomeOfFindings, type Finding, type Step } from '../step';

const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'];

/** No pod of an enabled namespace that runs on a node bypasses its sandbox or has none. Such a pod may be older than the platform. */
export const hollowPods: Step = {
  id: 'hollow-pods',
  title: 'No pod bypasses its sandbox',
  expected: 'no hostPath, host namespace, privileged container, sandbox annotation, other class',
  run: async (context) => {
    const namespaces = await enabledNamespaces(context);
    const lists = namespaces.map(({ metadata: { name = '' } }) =>
      context.api.list({ apiVersion: 'v1', kind: 'Pod', namespace: name }),
    );
    const running = (await Promise.all(lists)).flat().filter(isOnNode);
    return outcomeOfFindings(
      running.flatMap((pod) => findingOf(pod, context.policy)),
      `${running.length} pods on nodes, in ${namespaces.length} enabled namespaces`,
    );
  },
};

function isOnNode(pod: KubernetesObject): boolean {
  const ended = ['Succeeded', 'Failed'].includes(stringAt(pod, 'status', 'phase') ?? '');
  return stringAt(pod, 'spec', 'nodeName') !== undefined && !ended;
}

function findingOf(pod: KubernetesObject, policy: RuntimePolicy): Finding[] {
  const flaws = [...waysAround(pod, policy), ...classFlaws(pod, policy)];
  if (flaws.length === 0) return [];
  const { namespace, name } = pod.metadata;
  return [
    {
      path: `Pod/${namespace}/${name}`,
      reason: `it ${flaws.join(', ')}`,
      fix: 'remove that from its template and delete the pod, so that its controller creates it again under the policy',
    },
  ];
}

/** The ways in which a pod reaches its node, whatever its class. */
function waysAround(pod: KubernetesObject, policy: RuntimePolicy): string[] {
  const hostPaths = listAt(pod, 'spec', 'volumes').flatMap(
    (volume) => stringAt(volume, 'hostPath', 'path') ?? [],
  );
  const hostNamespaces = ['hostNetwork', 'hostPID', 'hostIPC'].filter(
    (member) => valueAt(pod, 'spec', member) === true,
  );
  const privileged = CONTAINER_LISTS.flatMap((list) => listAt(pod, 'spec', list))
    .filter((container) => valueAt(container, 'securityContext', 'privileged') === true)
    .map((container) => stringAt(container, 'name'));
  const annotations = hollowAnnotations(policy, {
    runtimeClassName: runtimeClassNameOf(pod),
    annotations: annotationsOf(pod),
  });
  return [
    ...hostPaths.map((path) => `mounts hostPath ${path}`),
    ...hostNamespaces.map((member) => `sets ${member}`),
    ...privileged.map((container) => `runs container ${container} privileged`),
    ...annotations.map((key) => `carries annotation ${key}`),
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
