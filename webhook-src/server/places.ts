/**
 * The places of values in an AdmissionReview, and the cost to evaluate them. One unit is about a microsecond of CPU time and
 * at most 100 bytes of heap, measured with bench/webhook-hostile.ts.
 *
 * - every object and array: 2; every member, and every element after an array's first: 1 (what `JSON.parse` builds)
 * - every label, annotation and resource quantity: 10 (an entry in the facts, and one for rules to look up)
 * - every container: 40 (its facts, its image in its parts, and the lookups of the rules)
 *
 * `managedFields` costs nothing: no rule reads it, so it is dropped on arrival.
 */

/** Strings that name a review and its pod, read before anything is parsed. */
export interface ReviewHead {
  apiVersion?: string;
  uid?: string;
  namespace?: string;
  /** Empty if the API server must generate the name. */
  name?: string;
  /** `metadata` of the object. */
  podName?: string;
  generateName?: string;
}

export interface Place {
  readonly isArray: boolean;
  readonly openCost: number;
  /** Cost of each member, or of each element after the first. */
  readonly itemCost: number;
  /** Places of members that are objects or arrays, by key. Only places that have it read keys. */
  readonly members?: ReadonlyMap<string, Place>;
  /** Place of each element. */
  readonly element?: Place;
  /** String members to keep, by key. */
  readonly remembered?: ReadonlyMap<string, keyof ReviewHead>;
}

const OPEN_COST = 2;
const QUANTITY_COST = 10;
const CONTAINER_COST = 40;

export const OTHER_OBJECT: Place = { isArray: false, openCost: OPEN_COST, itemCost: 1 };
export const OTHER_ARRAY: Place = { isArray: true, openCost: OPEN_COST, itemCost: 1 };

/** In this place nothing is counted and nothing is kept. */
export const DROPPED: Place = { ...OTHER_OBJECT };

const ENTRIES: Place = { ...OTHER_OBJECT, itemCost: QUANTITY_COST };

function object(
  members: Readonly<Record<string, Place>>,
  remembered: Readonly<Record<string, keyof ReviewHead>> = {},
): Place {
  return {
    ...OTHER_OBJECT,
    members: new Map(Object.entries(members)),
    remembered: new Map(Object.entries(remembered)),
  };
}

const RESOURCES = object({ requests: ENTRIES, limits: ENTRIES });
const CONTAINERS: Place = {
  isArray: true,
  openCost: CONTAINER_COST,
  itemCost: CONTAINER_COST,
  element: object({ resources: RESOURCES }),
};

const POD = object({
  metadata: object(
    { managedFields: DROPPED, labels: ENTRIES, annotations: ENTRIES },
    { name: 'podName', generateName: 'generateName' },
  ),
  spec: object({
    containers: CONTAINERS,
    initContainers: CONTAINERS,
    ephemeralContainers: CONTAINERS,
    resources: RESOURCES,
  }),
});

/** Before and after an update; only the state before cannot name the pod. */
const OLD_POD = object({ metadata: object({ managedFields: DROPPED }) });

/**
 * The body. API servers send `uid`, `name` and `namespace` before `object`: k8s.io/api v0.36.3 admission/v1/types.go, AdmissionRequest
 * (uid, kind, resource, subResource, requestKind, requestResource, requestSubResource, name, namespace, operation, userInfo, object,
 * oldObject, dryRun, options), whose order encoding/json keeps.
 */
export const BODY: Place = {
  ...OTHER_ARRAY,
  openCost: 0,
  itemCost: 0,
  element: object(
    {
      request: object(
        { object: POD, oldObject: OLD_POD },
        { uid: 'uid', name: 'name', namespace: 'namespace' },
      ),
    },
    { apiVersion: 'apiVersion' },
  ),
};
