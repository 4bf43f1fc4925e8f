/** Group templates.gatekeeper.sh: constraint templates, from which Gatekeeper generates the CRDs of constraints. */
import type { CrdDefinition, CrdVersion } from './definition';
import {
  anyValue,
  arrayOf,
  boolean,
  int64,
  listMapOf,
  object,
  oneOf,
  opaqueObject,
  preservingUnknownFields,
  string,
} from './openapi';
import { compileError } from './status';

const code = object({ engine: string(), source: anyValue() }, ['engine', 'source']);

const target = object({
  code: listMapOf(code, ['engine']),
  libs: arrayOf(string()),
  operations: arrayOf(oneOf(['*', 'CREATE', 'DELETE', 'UPDATE', 'CONNECT'])),
  rego: string(),
  target: string(),
});

/** Schema of the constraint's parameters; the versions differ in whether it may be non-structural by default. */
function validation(legacySchema: boolean) {
  return {
    ...object({
      legacySchema: boolean(legacySchema),
      openAPIV3Schema: preservingUnknownFields(opaqueObject()),
    }),
    default: { legacySchema },
  };
}

const status = object({
  byPod: arrayOf(
    preservingUnknownFields(
      object({ errors: arrayOf(compileError()), id: string(), observedGeneration: int64() }),
    ),
  ),
  created: boolean(),
});

function version(
  name: CrdVersion['name'],
  { storage, legacySchema }: { readonly storage: boolean; readonly legacySchema: boolean },
): CrdVersion {
  const constraintCrd = object({
    names: object({ kind: string(), shortNames: arrayOf(string()) }),
    validation: validation(legacySchema),
  });
  const spec = object({ crd: object({ spec: constraintCrd }), targets: arrayOf(target) });
  return { name, storage, properties: { spec, status }, statusSubresource: true };
}

export const templateCrds: readonly CrdDefinition[] = [
  {
    group: 'templates.gatekeeper.sh',
    kind: 'ConstraintTemplate',
    plural: 'constrainttemplates',
    scope: 'Cluster',
    versions: [
      version('v1', { storage: true, legacySchema: false }),
      version('v1alpha1', { storage: false, legacySchema: true }),
      version('v1beta1', { storage: false, legacySchema: true }),
    ],
  },
];
