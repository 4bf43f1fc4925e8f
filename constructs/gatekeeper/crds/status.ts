/**
 * Group status.gatekeeper.sh: what each Gatekeeper pod reports about an object. Every pod writes only its own status object;
 * the controller of the reported kind copies them into that object's `status.byPod`, so both share a schema.
 */
import type { CrdDefinition, CrdVersion } from './definition';
import { arrayOf, boolean, dateTime, int64, type JsonSchema, object, string } from './openapi';

const STATUS_GROUP = 'status.gatekeeper.sh';

type Properties = Readonly<Record<string, JsonSchema>>;

/** `status` that collects the report of each pod. */
export function byPod(podStatus: JsonSchema): JsonSchema {
  return object({ byPod: arrayOf(podStatus) });
}

/** Which pod reports, which generation it saw and which operations it runs. */
function podStatus(own: Properties): JsonSchema {
  return object({
    id: string(),
    observedGeneration: int64(),
    operations: arrayOf(string()),
    ...own,
  });
}

/** An error with a message and usually a type. */
function typedError(required: readonly ('message' | 'type')[] = ['message']): JsonSchema {
  return object({ message: string(), type: string() }, required);
}

/** An error of compiling a template or a constraint (CreateCRDError of the constraint framework). */
export function compileError(): JsonSchema {
  return object({ code: string(), location: string(), message: string() }, ['code', 'message']);
}

export const mutatorPodStatus = podStatus({
  enforced: boolean(),
  errors: arrayOf(typedError()),
  mutatorUID: string(),
});

export const configPodStatus = podStatus({ configUID: string(), errors: arrayOf(typedError()) });

export const connectionPodStatus = podStatus({
  active: boolean(),
  connectionUID: string(),
  errors: arrayOf(typedError(['message', 'type'])),
});

export const expansionTemplatePodStatus = podStatus({
  errors: arrayOf(typedError()),
  templateUID: string(),
});

type ProviderErrorMember = 'errorTimestamp' | 'message' | 'retryable' | 'type';

/** Upstream requires every member of an error in the pod's report, but only the message in the provider's own status. */
export function providerPodStatus(requiredOfError: readonly ProviderErrorMember[]): JsonSchema {
  const error = object(
    { errorTimestamp: dateTime(), message: string(), retryable: boolean(), type: string() },
    requiredOfError,
  );
  return podStatus({
    active: boolean(),
    errors: arrayOf(error),
    lastCacheUpdateTime: dateTime(),
    lastTransitionTime: dateTime(),
    providerUID: string(),
  });
}

const constraintPodStatus = podStatus({
  constraintUID: string(),
  enforced: boolean(),
  enforcementPointsStatus: arrayOf(
    object(
      {
        enforcementPoint: string(),
        message: string(),
        observedGeneration: int64(),
        state: string(),
      },
      ['enforcementPoint', 'state'],
    ),
  ),
  errors: arrayOf(compileError()),
});

const constraintTemplatePodStatus = podStatus({
  errors: arrayOf(compileError()),
  templateUID: string(),
  vapGenerationStatus: object({ observedGeneration: int64(), state: string(), warning: string() }),
});

function podStatusCrd(
  kind: string,
  status: JsonSchema,
  version: CrdVersion['name'] = 'v1beta1',
): CrdDefinition {
  return {
    group: STATUS_GROUP,
    kind,
    plural: `${kind.toLowerCase()}es`,
    scope: 'Namespaced',
    versions: [{ name: version, storage: true, properties: { status } }],
  };
}

export const statusCrds: readonly CrdDefinition[] = [
  podStatusCrd('ConfigPodStatus', configPodStatus),
  podStatusCrd('ConnectionPodStatus', connectionPodStatus, 'v1alpha1'),
  podStatusCrd('ConstraintPodStatus', constraintPodStatus),
  podStatusCrd('ConstraintTemplatePodStatus', constraintTemplatePodStatus),
  podStatusCrd('ExpansionTemplatePodStatus', expansionTemplatePodStatus),
  podStatusCrd('MutatorPodStatus', mutatorPodStatus),
  podStatusCrd(
    'ProviderPodStatus',
    providerPodStatus(['errorTimestamp', 'message', 'retryable', 'type']),
  ),
];
