/** Compares a webhook configuration of the cluster with the one this project deploys. */
import { listAt, objectId, stringAt, valueAt } from '../kubernetes/object';
import type { KubernetesObject } from '../kubernetes/object';
import { canonicalJson } from '../base/canonical-json';
import { ENABLED_LABEL } from '../base/names';
import type { Finding } from './step';
import { selects } from './selector';
import { uncovered } from './webhook-rules';

/** The fix for everything that a deployment repairs. */
export const DEPLOY_AGAIN =
  'deploy the platform again (`secure-ai up` or `pulumi up`); metadata.managedFields of the object names who changed it';

/** A namespace that does not exist yet and is enabled. */
const NEW_NAMESPACE: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: 'a-new-namespace',
    labels: { 'kubernetes.io/metadata.name': 'a-new-namespace', [ENABLED_LABEL]: 'true' },
  },
};

/**
 * What the live configuration lacks. It may cover more than the expected one, as a separately installed Gatekeeper does, and label
 * selectors may differ as long as they select the same namespaces: AKS adds requirements of its own to every
 * webhook (learn.microsoft.com, AKS "Admissions Enforcer").
 *
 * @param namespaces those whose labels decide whether the live selector leaves one out
 */
export function webhookFindings(
  expected: KubernetesObject,
  live: KubernetesObject | undefined,
  namespaces: readonly KubernetesObject[],
): Finding[] {
  const path = objectId({ kind: expected.kind, name: expected.metadata.name ?? '' });
  if (live === undefined) return [{ path, reason: 'it does not exist', fix: DEPLOY_AGAIN }];
  return listAt(expected, 'webhooks').flatMap((wanted) => {
    const name = stringAt(wanted, 'name');
    const found = listAt(live, 'webhooks').find((webhook) => stringAt(webhook, 'name') === name);
    const reasons =
      found === undefined
        ? ['it does not exist']
        : reasonsOf(wanted, found, [...namespaces, NEW_NAMESPACE]);
    return reasons.map((reason) => ({
      path,
      reason: `webhook ${name}: ${reason}`,
      fix: DEPLOY_AGAIN,
    }));
  });
}

function reasonsOf(
  wanted: unknown,
  live: unknown,
  namespaces: readonly KubernetesObject[],
): string[] {
  const missing = uncovered(listAt(wanted, 'rules'), listAt(live, 'rules'));
  return [
    ...missing.map((request) => `no rule covers ${request}`),
    ...leftOut(wanted, live, namespaces),
    ...(isEmpty(valueAt(live, 'objectSelector'))
      ? []
      : ['objectSelector leaves out objects by their labels']),
    ...narrowing(wanted, live).map(
      (expression) => `matchConditions leave out requests by ${JSON.stringify(expression)}`,
    ),
    ...failureReasons(wanted, live),
    ...['matchPolicy', 'reinvocationPolicy', 'timeoutSeconds'].flatMap((member) =>
      differs(member, valueAt(wanted, member), valueAt(live, member)),
    ),
    ...serverReasons(wanted, live),
  ];
}

/** Expressions that this project does not set: all of a webhook's must hold, so each can only narrow it. */
function narrowing(wanted: unknown, live: unknown): string[] {
  const expressions = (webhook: unknown) =>
    listAt(webhook, 'matchConditions').map((one) => stringAt(one, 'expression') ?? '');
  const ours = expressions(wanted);
  return expressions(live).filter((expression) => !ours.includes(expression));
}

function leftOut(wanted: unknown, live: unknown, namespaces: readonly KubernetesObject[]) {
  const out = namespaces.filter(({ metadata: { labels = {} } }) => {
    const selected = (webhook: unknown) => selects(valueAt(webhook, 'namespaceSelector'), labels);
    return selected(wanted) && !selected(live);
  });
  const names = out.map(({ metadata }) => metadata.name);
  return names.length === 0
    ? []
    : [`namespaceSelector leaves out enabled namespaces: ${names.join(', ')}`];
}

/** `Fail` is stricter than a configured `Ignore`, so it is no finding. */
function failureReasons(wanted: unknown, live: unknown): string[] {
  return stringAt(live, 'failurePolicy') === 'Fail'
    ? []
    : differs('failurePolicy', valueAt(wanted, 'failurePolicy'), valueAt(live, 'failurePolicy'));
}

function serverReasons(wanted: unknown, live: unknown): string[] {
  const bundle = stringAt(live, 'clientConfig', 'caBundle') ?? '';
  return [
    ...differs('clientConfig.service', serviceOf(wanted), serviceOf(live)),
    ...(bundle === '' ? ['clientConfig.caBundle is missing'] : []),
  ];
}

function serviceOf(webhook: unknown): unknown {
  const service = valueAt(webhook, 'clientConfig', 'service');
  if (service === undefined) return { url: valueAt(webhook, 'clientConfig', 'url') ?? null };
  // The API server sets the default port.
  return { port: 443, ...(service as object) };
}

/** What the project does not set is the API server's default, and is not compared. */
function differs(member: string, wanted: unknown, live: unknown): string[] {
  if (wanted === undefined || canonicalJson(wanted) === canonicalJson(live)) return [];
  return [`${member} is ${JSON.stringify(live)}, not ${JSON.stringify(wanted)}`];
}

function isEmpty(selector: unknown): boolean {
  const matchLabels = valueAt(selector, 'matchLabels') ?? {};
  return Object.keys(matchLabels).length === 0 && listAt(selector, 'matchExpressions').length === 0;
}
