import { VERSIONS } from '../../../base/versions';
import { byIdentity, identity, type Manifest, synthesize } from './manifests';
import { officialRelease, parseManifests } from './official-release';

const release = officialRelease();
const official = parseManifests(release.read('deploy/gatekeeper.yaml'));
const ours = byIdentity(synthesize());

interface Schema {
  readonly description?: string;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface CustomResourceDefinition extends Manifest {
  readonly spec: {
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

/** Drops the description of every schema, but not a property that is called `description`. */
function withoutDescriptions({ description: _, ...schema }: Schema): Schema {
  const { items, additionalProperties, properties } = schema;
  return {
    ...schema,
    ...(items && { items: withoutDescriptions(items) }),
    ...(additionalProperties && {
      additionalProperties: withoutDescriptions(additionalProperties),
    }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, withoutDescriptions(property)]),
      ),
    }),
  };
}

function comparable(manifest: Manifest): Manifest {
  if (manifest.kind !== 'CustomResourceDefinition') return manifest;
  const { spec, ...rest } = manifest as CustomResourceDefinition;
  const versions = spec.versions.map(({ schema, ...version }) => ({
    ...version,
    schema: { openAPIV3Schema: withoutDescriptions(schema.openAPIV3Schema) },
  }));
  return { ...rest, spec: { ...spec, versions } } as Manifest;
}

describe('the default Gatekeeper and the official release manifest', () => {
  test('are of the same version', () => {
    expect(release.version).toBe(VERSIONS.gatekeeper);
  });

  test('hold the same objects', () => {
    expect([...ours.keys()].sort()).toEqual(official.map(identity).sort());
    expect(ours.size).toBe(31);
  });

  it.each(official.map((manifest) => [identity(manifest), manifest] as const))(
    'are equal in %s',
    (id, manifest) => {
      expect(ours.get(id)).toEqual(comparable(manifest));
    },
  );
});

describe('what the comparison leaves out', () => {
  test('is the text of schemas only', () => {
    const schema = {
      description: 'text',
      type: 'object',
      properties: { description: { type: 'string', description: 'text' } },
      items: { description: 'text', pattern: 'x' },
      additionalProperties: { description: 'text', maxLength: 1 },
    };
    expect(withoutDescriptions(schema)).toEqual({
      type: 'object',
      properties: { description: { type: 'string' } },
      items: { pattern: 'x' },
      additionalProperties: { maxLength: 1 },
    });
  });
});
