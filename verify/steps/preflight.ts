/** The first step: the platform is installed, ready, and follows this policy. */
import { canonicalJson } from '../../base/canonical-json';
import { CONSTRAINT_KINDS, ENABLED_LABEL, MUTATOR, NAMESPACES } from '../../base/names';
import {
  objectId,
  referenceOf,
  stringAt,
  type KubernetesObject,
  type ObjectReference,
} from '../../kubernetes/object';
import { READINESS } from '../../deploy/readiness';
import type { WaitKind } from '../../deploy/plan';
import {
  outcomeOfFindings,
  type Finding,
  type Outcome,
  type VerifyContext,
  type Step,
} from '../step';
import { firstEnabledNamespace } from '../../deploy/mutator-probe';
import { DEPLOY_AGAIN } from '../webhooks';

export const PREFLIGHT: Omit<Step, 'run'> = {
  id: 'preflight',
  title: 'The platform is installed and follows this policy',
  expected: 'RuntimeClasses, policies and webhook exist and are ready',
};

export interface Preflight {
  readonly outcome: Outcome;
  /** No object of the platform is missing, but one may not work. */
  readonly installed: boolean;
}

interface Flaw extends Finding {
  /** The object does not exist. */
  readonly missing?: true;
}

/** The precondition of every other step. All missing or unready objects are reported together. */
export async function preflight(context: VerifyContext): Promise<Preflight> {
  const flaws = (
    await Promise.all([
      runtimeClassFlaws(context),
      gatekeeperFlaws(context),
      policyFlaws(context),
      webhookFlaws(context),
    ])
  ).flat();
  const findings = flaws.map(({ path, reason, fix }) => ({ path, reason, fix }));
  return {
    outcome: outcomeOfFindings(findings, 'all exist and are ready'),
    installed: flaws.every(({ missing }) => missing !== true),
  };
}

async function runtimeClassFlaws({ api, policy }: VerifyContext): Promise<Flaw[]> {
  const flaws = policy.runtimes.map(async ({ runtimeClassName, handler }): Promise<Flaw[]> => {
    const reference = {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      name: runtimeClassName,
    };
    const live = await api.get(reference);
    if (live === undefined) return [missing(reference)];
    const reason = `has handler ${stringAt(live, 'handler')}, not ${handler}`;
    const fix =
      'delete the RuntimeClass, whose handler cannot be changed, and deploy the platform again';
    return live['handler'] === handler ? [] : [{ path: objectId(reference), reason, fix }];
  });
  return (await Promise.all(flaws)).flat();
}

async function gatekeeperFlaws(context: VerifyContext): Promise<Flaw[]> {
  const kinds = Object.values(CONSTRAINT_KINDS);
  const templates = kinds.map((kind) =>
    unreadyFlaws(
      {
        apiVersion: 'templates.gatekeeper.sh/v1',
        kind: 'ConstraintTemplate',
        name: kind.toLowerCase(),
      },
      'template-created',
      context,
    ),
  );
  const constraints = kinds.map(async (kind) => {
    const live = await context.api.list({ apiVersion: 'constraints.gatekeeper.sh/v1beta1', kind });
    const flaws = live.map((one) => unreadyFlaws(referenceOf(one), 'constraint-enforced', context));
    return (await Promise.all(flaws)).flat();
  });
  return (await Promise.all([...templates, ...constraints])).flat();
}

async function policyFlaws({ api, policy }: VerifyContext): Promise<Flaw[]> {
  const reference = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: NAMESPACES.gatekeeper,
    name: MUTATOR.policyConfigMap,
  };
  const text = stringAt(await api.get(reference), 'data', 'policy.json');
  if (text === undefined) return [missing(reference)];
  const reason = 'the webhook of this cluster follows another policy';
  return canonicalText(text) === canonicalJson(policy)
    ? []
    : [{ path: objectId(reference), reason, fix: DEPLOY_AGAIN }];
}

async function webhookFlaws(context: VerifyContext): Promise<Flaw[]> {
  // The webhook answers also where the policy only warns or audits.
  if ((await firstEnabledNamespace(context.api)) === undefined) {
    const fix = `label a namespace: kubectl label namespace NAME ${ENABLED_LABEL}=true`;
    return [{ path: 'Namespace', reason: `no namespace is labelled ${ENABLED_LABEL}=true`, fix }];
  }
  const reference = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    name: MUTATOR.name,
  };
  return unreadyFlaws(reference, 'webhook-answers', context);
}

async function unreadyFlaws(
  reference: ObjectReference,
  wait: Exclude<WaitKind, 'none'>,
  context: VerifyContext,
): Promise<Flaw[]> {
  const live: KubernetesObject | undefined = await context.api.get(reference);
  if (live === undefined) return [missing(reference)];
  const observation = await READINESS[wait].observe(live, context.api);
  if (observation === true) return [];
  const fix = `inspect the pods of namespace ${NAMESPACES.gatekeeper} and the steps below`;
  return [{ path: objectId(reference), reason: observation.seen, fix }];
}

function missing(reference: ObjectReference): Flaw {
  return {
    path: objectId(reference),
    reason: 'it does not exist',
    fix: 'deploy the platform: `secure-ai up`, or `pulumi up`',
    missing: true,
  };
}

function canonicalText(json: string): string {
  try {
    return canonicalJson(JSON.parse(json));
  } catch {
    return json;
  }
}
