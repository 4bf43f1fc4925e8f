/** The construct that installs Gatekeeper. */
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { deployInOrder } from '../internal/dependencies';
import { crdName, crdSpec, GATEKEEPER_CRDS } from './crds';
import { certificateSecret, criticalPodsQuota, namespace } from './namespace';
import { clusterMetadata } from './names';
import { accessObjects } from './rbac';
import { type GatekeeperProps, resolveGatekeeper } from './schema';
import { mutatingConfiguration, validatingConfiguration } from './webhooks';
import {
  auditDeployment,
  controllerDeployment,
  podDisruptionBudget,
  webhookService,
} from './workloads';

/**
 * Gatekeeper v3.23.1: the 31 objects of its official release manifest, among them 17 CustomResourceDefinitions, plus the
 * changes that the props request. Empty props give exactly the official installation.
 *
 * The dependencies give an order in which each object can become ready before the next is applied:
 * Namespace; what the program needs to start (quota, access, Secret, CRDs, Service); controller; audit; webhook configurations.
 *
 * - The webhook configurations come last, so that no request goes to a Gatekeeper that does not exist yet. The controller
 *   does not wait for them: cert-controller logs a missing configuration, continues and injects the CA when it appears
 *   (`ensureCerts`, pkg/rotator/rotator.go at 1c492bc2d223, the version in Gatekeeper's go.mod).
 *   Between creation and injection a webhook with `failurePolicy: Fail` refuses what it matches: a deployment should wait
 *   for every `clientConfig.caBundle`.
 * - The audit comes after the controller, because it opens the certificate at start (`certwatcher.New` in setupControllers,
 *   main.go) and exits without it, and the controller's rotator is what writes the certificate.
 * - The CRD of a constraint is generated from its template by the audit Deployment (`--operation=generate`), so templates
 *   need both Deployments.
 */
export class Gatekeeper extends Construct {
  /** Namespace gatekeeper-system. */
  readonly namespace: ApiObject;
  /** The 17 CustomResourceDefinitions, without those of constraints, which Gatekeeper generates. */
  readonly crds: readonly ApiObject[];
  /** Service in front of the webhooks. */
  readonly service: ApiObject;
  /** Controller and audit, in this order. */
  readonly deployments: readonly ApiObject[];
  /** ValidatingWebhookConfiguration and, unless mutation is off, MutatingWebhookConfiguration. */
  readonly webhookConfigurations: readonly ApiObject[];

  /**
   * @throws SandboxError CONFIG_INVALID with every invalid member of `props`
   */
  constructor(scope: Construct, id: string, props: GatekeeperProps = {}) {
    super(scope, id);
    const settings = resolveGatekeeper(props);

    this.namespace = namespace(this);
    this.crds = GATEKEEPER_CRDS.map(
      (definition) =>
        new ApiObject(this, `${definition.kind}Crd`, {
          apiVersion: 'apiextensions.k8s.io/v1',
          kind: 'CustomResourceDefinition',
          metadata: {
            ...clusterMetadata(crdName(definition)),
            annotations: { 'controller-gen.kubebuilder.io/version': 'v0.19.0' },
          },
          spec: crdSpec(definition),
        }),
    );
    const access = accessObjects(this, settings.mutation.enabled);
    const inNamespace = [criticalPodsQuota(this), certificateSecret(this)];
    this.service = webhookService(this);
    const disruptionBudget = podDisruptionBudget(this, settings.podDisruptionBudget);
    const controller = controllerDeployment(this, settings);
    const audit = auditDeployment(this, settings);
    this.deployments = [controller, audit];
    this.webhookConfigurations = [
      validatingConfiguration(this, settings),
      ...(settings.mutation.enabled ? [mutatingConfiguration(this, settings.mutation)] : []),
    ];

    const toStart = [...access, ...inNamespace, this.service];
    deployInOrder([this.namespace], [...toStart, disruptionBudget]);
    deployInOrder([...toStart, ...this.crds], [controller], [audit], this.webhookConfigurations);
  }
}
