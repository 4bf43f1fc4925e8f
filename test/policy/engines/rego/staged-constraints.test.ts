/** Which constraints warn or audit, and which namespaces have their own. */
import * as fc from 'fast-check';
import { constraints } from '../../../../policy/engines/rego';
import { definePolicy } from '../../../../policy/model/define';
import type { RuntimePolicyInput } from '../../../../policy/model/runtime-policy';
import { EXEMPT_NAMESPACES } from '../../../../base/names';
import { stagedPolicies } from '../../../fixtures/arbitraries';
import { EXAMPLE, examplePolicy } from '../../fixtures';

const made = (changes: Partial<RuntimePolicyInput>) =>
  constraints(definePolicy({ ...EXAMPLE, ...changes }));

const actions = (changes: Partial<RuntimePolicyInput>) =>
  made(changes).map(({ metadata, spec }) => `${metadata.name} ${spec.enforcementAction}`);

const PLAIN = ['enforce-kata-label', 'enforce-dynamic-ai-runtime', 'enforce-sandbox'];

const named = (name: string, changes: Partial<RuntimePolicyInput>) =>
  made(changes).find(({ metadata }) => metadata.name === name)?.spec;

test.each([
  ['deny', 'deny'],
  ['warn', 'warn'],
  ['audit', 'dryrun'],
] as const)('a policy that says %s has constraints that say %s', (enforcement, action) => {
  expect(actions({ enforcement })).toEqual(PLAIN.map((name) => `${name} ${action}`));
});

test('a softer part has constraints of its own where it changes what they say', () => {
  expect(actions({ guardrails: { hostPID: 'audit', hostIPC: 'warn' } })).toEqual([
    ...PLAIN.map((name) => `${name} deny`),
    'enforce-sandbox-warn warn',
    'enforce-sandbox-audit dryrun',
  ]);
  const rules = [{ name: 'r', when: { pod: { hostPID: true } }, deny: 'no' }];
  expect(actions({ rules: [{ ...rules[0]!, enforcement: 'warn' }] })).toEqual([
    'enforce-kata-label deny',
    'enforce-dynamic-ai-runtime-warn warn',
    'enforce-sandbox deny',
    'enforce-sandbox-warn warn',
  ]);
});

test('each requirement has a number of its own, whatever its enforcement', () => {
  const requirement = { namespaces: ['a'], container: 'c', runtime: 'kata' };
  const required = [{ ...requirement, enforcement: 'warn' as const }, requirement];
  expect(actions({ rules: [], required }).slice(0, 2)).toEqual([
    'enforce-kata-label-warn warn',
    'enforce-kata-label-2 deny',
  ]);
});

test('a tenant whose name is a suffix shares no name', () => {
  const tenants = [{ namespaces: ['warn'], guardrails: { hostPID: 'audit' as const } }];
  expect(actions({ guardrails: { hostPID: 'warn' }, tenants }).slice(-4)).toEqual([
    'enforce-sandbox deny',
    'enforce-sandbox-warn warn',
    'enforce-sandbox-warn-2 deny',
    'enforce-sandbox-warn-2-audit dryrun',
  ]);
});

describe('tenants', () => {
  const tenants = [
    { namespaces: ['team-a', 'team-b'], guardrails: { hostPID: 'allow' as const } },
    { namespaces: ['team-c'], guardrails: { hostPID: 'allow' as const } },
    { namespaces: ['team-d'], guardrails: { hostIPC: 'deny' as const } },
    { namespaces: ['ai-production'], enforcement: 'audit' as const },
  ];

  test('that differ in nothing cost nothing', () => {
    const same = [{ namespaces: ['team-a'], enforcement: 'deny' as const, guardrails: {} }];
    expect(made({ tenants: same })).toEqual(constraints(examplePolicy));
  });

  test('that are alike share their constraints, and only those that differ', () => {
    expect(actions({ tenants })).toEqual([
      'enforce-kata-label dryrun',
      'enforce-dynamic-ai-runtime deny',
      'enforce-dynamic-ai-runtime-ai-production dryrun',
      'enforce-sandbox deny',
      'enforce-sandbox-team-a deny',
      'enforce-sandbox-ai-production dryrun',
    ]);
  });

  test('have constraints that match their namespaces, and the others leave these out', () => {
    expect(named('enforce-sandbox-team-a', { tenants })?.match).toMatchObject({
      namespaces: ['team-a', 'team-b', 'team-c'],
      excludedNamespaces: EXEMPT_NAMESPACES,
    });
    const others = named('enforce-sandbox', { tenants })?.match;
    expect(others).not.toHaveProperty('namespaces');
    expect(others?.excludedNamespaces).toEqual([
      ...EXEMPT_NAMESPACES,
      ...['team-a', 'team-b', 'team-c', 'ai-production'],
    ]);
  });

  test('share a requirement by its namespaces', () => {
    const required = [
      { namespaces: ['other', 'ai-production', 'team-a'], container: 'c', runtime: 'kata' },
    ];
    const namespacesOf = (name: string) => named(name, { tenants, required })?.match.namespaces;
    expect(namespacesOf('enforce-kata-label')).toEqual(['other', 'team-a']);
    expect(namespacesOf('enforce-kata-label-ai-production')).toEqual(['ai-production']);
  });
});

test('names are unique among their kind, and short enough for a label', () => {
  fc.assert(
    fc.property(stagedPolicies, (policy) => {
      const names = constraints(policy).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
      expect(new Set(names).size).toBe(names.length);
    }),
  );
  const long = 'n'.repeat(63);
  const tenants = [
    { namespaces: [long], guardrails: { hostPID: 'warn' as const } },
    { namespaces: [`${'n'.repeat(62)}m`], guardrails: { hostPID: 'audit' as const } },
  ];
  const names = made({ tenants }).map(({ metadata }) => metadata.name);
  expect(new Set(names).size).toBe(names.length);
  expect(Math.max(...names.map((name) => name.length))).toBe(63);
});

describe('guardrails', () => {
  const parametersOf = (guardrails: RuntimePolicyInput['guardrails']) =>
    made({ guardrails }).at(-1)?.spec.parameters;

  test('are sent while they are closed', () => {
    expect(parametersOf({ hostPID: 'allow', windows: 'allow' })?.['guardrails']).toEqual({
      closed: [
        ...['hostPaths', 'hostNetwork', 'hostIPC', 'privileged', 'systemPriority', 'nodeName'],
        'sandboxAnnotations',
      ],
    });
  });

  test('open paths as anchored expressions, and privileged containers by the runtime', () => {
    const parameters = parametersOf({
      hostPaths: { readOnly: ['/dev/kfd', '/var/log/*'] },
      privileged: 'kata-only',
    });
    expect(parameters).toMatchObject({
      guardrails: { readOnlyHostPaths: ['^/dev/kfd$', '^/var/log/[\\s\\S]*$'] },
      runtimes: [{ name: 'gvisor' }, { name: 'kata', allowsPrivileged: true }],
    });
    expect((parameters?.['runtimes'] as object[])[0]).not.toHaveProperty('allowsPrivileged');
  });
});

test('only constraints of namespaces in which nothing is enforced know what mutation would choose', () => {
  const selections = (changes: Partial<RuntimePolicyInput>) =>
    made(changes).map(({ spec }) => spec.parameters['selection']);
  expect(selections({ guardrails: { hostPID: 'warn' } })).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  const required = [{ namespaces: ['ai-production'], container: 'ai-model' }];
  const foreseen = { required, unlabelled: { runtime: 'kata' } };
  expect(selections({ enforcement: 'warn' })).toEqual([foreseen, foreseen, foreseen]);
  expect(selections({ enforcement: 'warn', unlabelled: 'deny' })[0]).toEqual({ required });
  expect(selections({ enforcement: 'warn', unlabelled: 'ignore' })[0]).toEqual({
    required,
    unlabelled: {},
  });
});
