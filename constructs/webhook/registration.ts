/** The MutatingWebhookConfiguration of the mutator. */
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { ENABLED_LABEL, EXEMPT_NAMESPACES, MUTATOR, NAMESPACES } from '../../base/names';
import { platformMetadata } from '../internal/labels';
import type { WebhookConfig } from './schema';

/**
 * Registers the mutator with the API server, for pods created in enabled namespaces.
 * `caBundle` is not set on purpose: the certificate rotator owns it.
 *
 * CREATE only, because `runtimeClassName` cannot change afterwards. The exempt namespaces are excluded even when labelled,
 * so that a mutator that is down never prevents the network or this project from starting.
 */
export class MutatorRegistration extends Construct {
  constructor(
    scope: Construct,
    id: string,
    webhook: Pick<WebhookConfig, 'failurePolicy' | 'timeoutSeconds'>,
  ) {
    super(scope, id);
    new k8s.KubeMutatingWebhookConfiguration(this, 'Configuration', {
      metadata: platformMetadata(MUTATOR.name),
      webhooks: [
        {
          name: MUTATOR.webhookName,
          admissionReviewVersions: ['v1'],
          clientConfig: {
            service: {
              name: MUTATOR.name,
              namespace: NAMESPACES.gatekeeper,
              path: MUTATOR.path,
              port: 443,
            },
          },
          rules: [
            {
              operations: ['CREATE'],
              apiGroups: [''],
              apiVersions: ['v1'],
              resources: ['pods'],
              scope: 'Namespaced',
            },
          ],
          namespaceSelector: {
            matchLabels: { [ENABLED_LABEL]: 'true' },
            matchExpressions: [
              {
                key: 'kubernetes.io/metadata.name',
                operator: 'NotIn',
                values: [...EXEMPT_NAMESPACES],
              },
            ],
          },
          failurePolicy: webhook.failurePolicy,
          matchPolicy: 'Equivalent',
          reinvocationPolicy: 'IfNeeded',
          sideEffects: 'None',
          timeoutSeconds: webhook.timeoutSeconds,
        },
      ],
    });
  }
}
