import * as fc from 'fast-check';
import { definePolicy } from '../../../../policy/model/define';
import { constraints, constraintTemplates } from '../../../../policy/engines/rego';
import type { OpenApiSchema } from '../../../../policy/engines/rego/openapi';
import type { RuntimePolicyInput } from '../../../../policy/model/runtime-policy';
import { CONSTRAINT_KINDS } from '../../../../base/names';
import { policies, stagedPolicies } from '../../../fixtures/arbitraries';
import { EXAMPLE, examplePolicy } from '../../fixtures';

const namesOf = (input: Partial<RuntimePolicyInput>) =>
  constraints(definePolicy({ ...EXAMPLE, ...input })).map(
    ({ kind, metadata }) => `${kind}/${metadata.name}`,
  );

describe('templates', () => {
  test('are named after their kinds in lower case', () => {
    const templates = constraintTemplates();
    expect(templates.map(({ metadata }) => metadata.name)).toEqual(
      Object.values(CONSTRAINT_KINDS).map((kind) => kind.toLowerCase()),
    );
  });

  test('have schemas that say every member of every constraint, so that nothing is pruned', () => {
    const schemas = new Map(
      constraintTemplates().map(({ spec }) => [
        spec.crd.spec.names.kind,
        spec.crd.spec.validation.openAPIV3Schema,
      ]),
    );
    fc.assert(
      fc.property(fc.oneof(policies, stagedPolicies), (policy) => {
        for (const { kind, spec } of constraints(policy)) {
          const schema = schemas.get(kind);
          expect(schema && complaints(schema, spec.parameters, kind)).toEqual([]);
        }
      }),
    );
  });
});

/** Members the schema does not know, and members it wants that are missing. */
function complaints(schema: OpenApiSchema, value: unknown, path: string): string[] {
  if (schema.type === 'array') {
    if (!Array.isArray(value) || schema.items === undefined) return [`${path} is no array`];
    const { items } = schema;
    return value.flatMap((item, index) => complaints(items, item, `${path}[${index}]`));
  }
  if (schema.type !== 'object')
    return typeof value === schema.type ? [] : [`${path} is no ${schema.type}`];
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value as object, name));
  return [
    ...missing.map((name) => `${path}.${name} is missing`),
    ...Object.entries(value as object).flatMap(([name, member]) => {
      const known = schema.properties?.[name] ?? schema.additionalProperties;
      const at = `${path}.${name}`;
      return known === undefined ? [`${at} is pruned`] : complaints(known, member, at);
    }),
  ];
}

describe('constraints', () => {
  test('carry the names of the tutorial', () => {
    expect(namesOf({})).toEqual([
      'K8sRequiredRuntime/enforce-kata-label',
      'K8sDynamicRuntime/enforce-dynamic-ai-runtime',
      'K8sSandboxedRuntime/enforce-sandbox',
    ]);
  });

  test('are only those that can speak', () => {
    expect(namesOf({ rules: [], required: [] })).toEqual(['K8sSandboxedRuntime/enforce-sandbox']);
  });

  test('are numbered where their names fall together', () => {
    const requirement = { namespaces: ['a'], container: 'c' };
    const required = ['kata', 'kata', 'KATA', 'k_a.T'].map((runtime) => ({
      ...requirement,
      runtime,
    }));
    const runtimes = ['kata', 'KATA', 'k_a.T'].map((name, index) => ({
      name,
      runtimeClassName: `class-${index}`,
      handler: 'kata',
    }));
    expect(namesOf({ runtimes, rules: [], required })).toEqual([
      'K8sRequiredRuntime/enforce-kata-label',
      'K8sRequiredRuntime/enforce-kata-label-2',
      'K8sRequiredRuntime/enforce-kata-label-3',
      'K8sRequiredRuntime/enforce-k-a-t-label',
      'K8sSandboxedRuntime/enforce-sandbox',
    ]);
  });

  test('match pods of enabled namespaces that are not exempt, a requirement only those of its own', () => {
    const [required, dynamic] = constraints(examplePolicy);
    const everywhere = {
      kinds: [{ apiGroups: [''], kinds: ['Pod'] }],
      excludedNamespaces: ['kube-system', 'gatekeeper-system', 'kata-system', 'gvisor-system'],
      namespaceSelector: { matchLabels: { 'secure-ai.io/sandbox-enabled': 'true' } },
    };
    expect(required?.spec.match).toEqual({ ...everywhere, namespaces: ['ai-production'] });
    expect(dynamic?.spec.match).toEqual(everywhere);
  });

  test('carry the policy as data', () => {
    const [, dynamic] = constraints(examplePolicy);
    expect(dynamic?.spec.parameters).toMatchInlineSnapshot(`
      {
        "labelKey": "secure-ai.io/runtime",
        "rules": [
          {
            "enforce": "exactly",
            "name": "high_compute",
            "runtime": "kata",
            "title": "high compute",
            "when": {
              "start": "container",
              "tests": [
                {
                  "container": {
                    "image": {
                      "contains": "pytorch",
                    },
                  },
                  "ifFalse": "mismatch",
                  "ifTrue": "pod",
                  "name": "container",
                },
                {
                  "ifFalse": "mismatch",
                  "ifTrue": "match",
                  "name": "pod",
                  "pod": {
                    "requests": {
                      "cpu": {
                        "gt": "4",
                      },
                    },
                  },
                },
              ],
            },
          },
          {
            "enforce": "exactly",
            "name": "light_model",
            "runtime": "gvisor",
            "title": "light model",
            "when": {
              "start": "container",
              "tests": [
                {
                  "container": {
                    "image": {
                      "contains": "scikit",
                    },
                  },
                  "ifFalse": "mismatch",
                  "ifTrue": "pod",
                  "name": "container",
                },
                {
                  "ifFalse": "mismatch",
                  "ifTrue": "match",
                  "name": "pod",
                  "pod": {
                    "requests": {
                      "cpu": {
                        "lt": "1",
                      },
                    },
                  },
                },
              ],
            },
          },
        ],
        "runtimes": [
          {
            "name": "gvisor",
            "runtimeClassName": "gvisor",
          },
          {
            "name": "kata",
            "runtimeClassName": "kata",
          },
        ],
      }
    `);
  });

  test('ask K8sSandboxedRuntime about unlabelled pods unless the policy ignores them', () => {
    const parameters = (unlabelled: RuntimePolicyInput['unlabelled']) =>
      constraints(definePolicy({ ...EXAMPLE, unlabelled })).at(-1)?.spec.parameters;
    expect(parameters('deny')).toHaveProperty('unlabelled.required', [
      { namespaces: ['ai-production'], container: 'ai-model' },
    ]);
    expect(parameters('ignore')).not.toHaveProperty('unlabelled');
  });
});
