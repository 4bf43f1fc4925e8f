import { canonicalJson } from '../../policy/hash';
import { CONSTRAINT_KINDS, MUTATOR, NAMESPACES } from '../../policy/names';
import type { KubernetesObject } from '../../deploy/kubernetes/object';
import { textAt } from '../../deploy/kubernetes/object';
import { READINESS } from '../../deploy/readiness';
import type { WaitKind } from '../../deploy/plan';
import { fail, pass, type Scene, type Step } from '../model';
import { enabledNamespace, NO_NAMESPACE } from '../namespace';

/** What every other step rests on; all that is missing is told at once. */
export const preflight: Step = {
  id: 'preflight',
  title: 'The platform is in place and follows this policy',
  expected: 'RuntimeClasses, policies and webhook are there and ready',
  run: async (scene) => {
    const problems = (
      await Promise.all([
        ...scene.policy.runtimes.map(async ({ runtimeClassName, handler }) => {
          const live = await scene.api.get({
            apiVersion: 'node.k8s.io/v1',
            kind: 'RuntimeClass',
            name: runtimeClassName,
          });
          if (live === undefined) return [`there is no RuntimeClass ${runtimeClassName}`];
          return live['handler'] === handler
            ? []
            : [
                `RuntimeClass ${runtimeClassName} has handler ${textAt(live, 'handler')}, not ${handler}`,
              ];
        }),
        gatekeeperProblems(scene),
        policyProblems(scene),
        webhookProblems(scene),
      ])
    ).flat();
    return problems.length === 0
      ? pass('all there and ready')
      : fail(problems.join('; '), { problems });
  },
};

async function gatekeeperProblems(scene: Scene): Promise<string[]> {
  const kinds = Object.values(CONSTRAINT_KINDS);
  const problems = kinds.map(async (kind) => {
    const template = await scene.api.get({
      apiVersion: 'templates.gatekeeper.sh/v1',
      kind: 'ConstraintTemplate',
      name: kind.toLowerCase(),
    });
    return readinessProblem(`ConstraintTemplate ${kind}`, template, 'template-created', scene);
  });
  const constraints = kinds.map((kind) =>
    scene.api.list({ apiVersion: 'constraints.gatekeeper.sh/v1beta1', kind }),
  );
  const enforced = (await Promise.all(constraints))
    .flat()
    .map((live) =>
      readinessProblem(`${live.kind} ${live.metadata.name}`, live, 'constraint-enforced', scene),
    );
  return (await Promise.all([...problems, ...enforced])).flat();
}

async function policyProblems({ api, policy }: Scene): Promise<string[]> {
  const live = await api.get({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: NAMESPACES.gatekeeper,
    name: MUTATOR.policyConfigMap,
  });
  const text = textAt(live, 'data', 'policy.json');
  if (text === undefined) return [`there is no ConfigMap ${MUTATOR.policyConfigMap}`];
  return canonicalText(text) === canonicalJson(policy)
    ? []
    : ['the webhook of this cluster follows another policy'];
}

async function webhookProblems(scene: Scene): Promise<string[]> {
  if ((await enabledNamespace(scene)) === undefined) return [NO_NAMESPACE];
  const live = await scene.api.get({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    name: MUTATOR.name,
  });
  return readinessProblem(`webhook ${MUTATOR.name}`, live, 'webhook-answers', scene);
}

async function readinessProblem(
  name: string,
  live: KubernetesObject | undefined,
  wait: Exclude<WaitKind, 'none'>,
  scene: Scene,
): Promise<string[]> {
  if (live === undefined) return [`there is no ${name}`];
  const observation = await READINESS[wait].observe(live, scene);
  return observation.done ? [] : [`${name}: ${observation.seen}`];
}

function canonicalText(json: string): string {
  try {
    return canonicalJson(JSON.parse(json));
  } catch {
    return json;
  }
}
