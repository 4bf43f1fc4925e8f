/** Group mutations.gatekeeper.sh: the four mutators. */
import type { CrdDefinition } from './definition';
import { applyTo, match } from './match';
import {
  anyValue,
  arrayOf,
  type JsonSchema,
  object,
  oneOf,
  opaqueObject,
  preservingUnknownFields,
  string,
} from './openapi';
import { byPod, mutatorPodStatus } from './status';

const MAX_NAME_LENGTH = 63;

/** Conditions on the existing value. */
const pathTests = arrayOf(
  object({ condition: oneOf(['MustExist', 'MustNotExist']), subPath: string() }),
);

const externalData = object(
  {
    dataSource: oneOf(['ValueAtLocation', 'Username'], 'ValueAtLocation'),
    default: string(),
    failurePolicy: oneOf(['UseDefault', 'Ignore', 'Fail'], 'Fail'),
    provider: string(),
  },
  ['provider'],
);

/** Where the value comes from; exactly one member, which Gatekeeper checks itself. */
const assign = object({
  externalData,
  fromMetadata: object({ field: string() }),
  value: anyValue(),
});

/** Kinds a mutator changes, and since v3.23 the operations on which it does. */
const mutatedKinds = applyTo({ operations: arrayOf(oneOf(['CREATE', 'UPDATE', '*'])) });

interface Mutator {
  readonly kind: string;
  /** Whether it must name the kinds it changes; AssignMetadata changes any. */
  readonly namesKinds: boolean;
  readonly parameters: JsonSchema;
}

function properties({ namesKinds, parameters }: Mutator): Readonly<Record<string, JsonSchema>> {
  return {
    spec: object({
      ...(namesKinds ? { applyTo: mutatedKinds } : {}),
      location: string(),
      match: match(),
      parameters,
    }),
    status: byPod(mutatorPodStatus),
  };
}

/** Upstream limits the name only in the storage version. */
function mutatorCrd(
  mutator: Mutator,
  stored: 'v1' | 'v1alpha1',
  others: readonly ('v1alpha1' | 'v1beta1')[],
): CrdDefinition {
  const version = { properties: properties(mutator), statusSubresource: true };
  return {
    group: 'mutations.gatekeeper.sh',
    kind: mutator.kind,
    plural: mutator.kind.toLowerCase(),
    scope: 'Cluster',
    versions: [
      { ...version, name: stored, storage: true, maxNameLength: MAX_NAME_LENGTH },
      ...others.map((name) => ({ ...version, name, storage: false })),
    ],
  };
}

const assignMutator: Mutator = {
  kind: 'Assign',
  namesKinds: true,
  parameters: object({ assign, pathTests }),
};

const assignImageMutator: Mutator = {
  kind: 'AssignImage',
  namesKinds: true,
  parameters: object({
    assignDomain: string(),
    assignPath: string(),
    assignTag: string(),
    pathTests,
  }),
};

const assignMetadataMutator: Mutator = {
  kind: 'AssignMetadata',
  namesKinds: false,
  parameters: object({ assign }),
};

const modifySetMutator: Mutator = {
  kind: 'ModifySet',
  namesKinds: true,
  parameters: object({
    operation: oneOf(['merge', 'prune'], 'merge'),
    pathTests,
    values: preservingUnknownFields(opaqueObject()),
  }),
};

export const mutationCrds: readonly CrdDefinition[] = [
  mutatorCrd(assignMutator, 'v1', ['v1alpha1', 'v1beta1']),
  mutatorCrd(assignImageMutator, 'v1alpha1', []),
  mutatorCrd(assignMetadataMutator, 'v1', ['v1alpha1', 'v1beta1']),
  mutatorCrd(modifySetMutator, 'v1', ['v1alpha1', 'v1beta1']),
];
