/** OpenAPI schema of a rule's condition in the parameters of a constraint: the graph that `decisionGraph` makes. */
import type { OpenApiSchema } from './openapi';
import { flag, listOf, mapOf, object, text } from './openapi';

/** A string is compared or asked for, see `textTest` in condition-parameters.ts. */
export const textTest = object(
  {
    equals: text(),
    matches: text('Anchored RE2 expression.'),
    exists: flag('Whether there is a value at all.'),
  },
  'all',
);

const byKey = (values: OpenApiSchema): OpenApiSchema =>
  mapOf(
    values,
    'By key. A key that begins with ^ is an anchored RE2 expression: a value of one matching key must do.',
  );

const texts = byKey(textTest);

const quantity = text('Kubernetes quantity.');

const amounts = byKey(
  object({ gt: quantity, gte: quantity, lt: quantity, lte: quantity, exists: flag() }, 'all'),
);

const image = object(
  {
    contains: text('Text the reference as written contains.'),
    registry: textTest,
    repository: textTest,
    tag: textTest,
    digest: textTest,
  },
  'all',
);

const containerMembers = {
  name: textTest,
  image,
  requests: amounts,
  limits: amounts,
  securityContext: object(
    {
      privileged: flag(),
      runAsRoot: flag(),
      addsCapability: text('In upper case, without CAP_.'),
      dropsCapability: text('In upper case, without CAP_.'),
      allowPrivilegeEscalation: flag(),
      readOnlyRootFilesystem: flag(),
      seccompProfile: textTest,
      appArmorProfile: textTest,
      procMount: textTest,
    },
    'all',
  ),
  hostPorts: flag(),
  env: textTest,
};

const podMembers = {
  namespace: textTest,
  labels: texts,
  annotations: texts,
  serviceAccountName: textTest,
  priorityClassName: textTest,
  os: textTest,
  nodeSelector: texts,
  hostNetwork: flag(),
  hostPID: flag(),
  hostIPC: flag(),
  hostUsers: flag(),
  volumes: listOf(text(), 'Kinds of volume the pod must all have.'),
  hostPaths: textTest,
  imageVolumes: image,
  resourceClaims: object({ exists: flag(), claim: textTest, template: textTest }, 'all'),
  requests: amounts,
  limits: amounts,
};

const target = (when: string) =>
  text(`Name of the test to go on with where this one ${when}; match or mismatch at an end.`);

/** @param asked what a test may ask, each optional */
function graphOf(asked: Readonly<Record<string, OpenApiSchema>>): OpenApiSchema {
  const test = {
    name: text('Where the test stands in the condition of the policy.'),
    ...asked,
    ifTrue: target('holds'),
    ifFalse: target('does not hold'),
  };
  return object({
    start: text('Name of the first test; match or mismatch where there is none.'),
    tests: listOf(object(test, Object.keys(asked))),
  });
}

const ofContainer = object(
  { ...containerMembers, graph: graphOf({ container: object(containerMembers, 'all') }) },
  'all',
);

export const decisionGraphSchema = graphOf({
  container: ofContainer,
  everyContainer: ofContainer,
  pod: object(podMembers, 'all'),
});
