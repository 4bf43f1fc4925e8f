/** Steps: the API server calls the webhooks for everything this project registered them for. */
import { referenceOf, type KubernetesObject } from '../../kubernetes/object';
import { enabledNamespaces } from '../enabled-namespaces';
import { outcomeOfFindings, type VerifyContext, type Step } from '../step';
import { webhookFindings } from '../webhooks';

export const mutatorRegistration: Step = {
  id: 'webhook-mutator',
  title: 'The API server calls the mutator for every pod',
  expected: 'the MutatingWebhookConfiguration covers what was deployed',
  run: (context) => compare(context, context.expected.mutating),
};

export const gatekeeperRegistration: Step = {
  id: 'webhook-gatekeeper',
  title: 'The API server calls Gatekeeper for every pod',
  expected: 'the ValidatingWebhookConfiguration covers what was deployed',
  run: (context) => compare(context, context.expected.validating),
};

async function compare(context: VerifyContext, expected: KubernetesObject) {
  const [live, namespaces] = await Promise.all([
    context.api.get(referenceOf(expected)),
    enabledNamespaces(context),
  ]);
  return outcomeOfFindings(
    webhookFindings(expected, live, namespaces),
    `as deployed, for all enabled namespaces (${namespaces.length})`,
  );
}
