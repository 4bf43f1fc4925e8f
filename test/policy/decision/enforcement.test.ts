/** Deny, warn, audit: what is done, what is only told, and that what is told is what deny then does. */
import * as fc from 'fast-check';
import { createDecider } from '../../../policy/decision/decide';
import { enforcesAnything, scopesOf } from '../../../policy/decision/enforcement';
import { definePolicy } from '../../../policy/model/define';
import type { Enforcement, RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import { CONTEXT, pods, policies } from '../arbitraries';
import { EXAMPLE, makePod } from '../fixtures';

const TEAM = { namespace: 'team-a' };
const soft = fc.constantFrom<Enforcement>('warn', 'audit');

const deciderOf = (changes: Partial<RuntimePolicyInput>) =>
  createDecider(definePolicy({ ...EXAMPLE, ...changes }));

const TORCH = makePod({ image: 'pytorch', cpu: '5' });
const torch = {
  name: 'torch',
  when: { container: { image: { contains: 'pytorch' } } },
  runtime: 'kata',
};

test('under warn and audit nothing is changed or refused, and the preview is what deny does', () => {
  fc.assert(
    fc.property(policies(), pods, soft, (input, pod, enforcement) => {
      const deny = createDecider(definePolicy({ ...input, enforcement: 'deny', tenants: [] }));
      const softer = createDecider(definePolicy({ ...input, enforcement, tenants: [] }));
      const done = deny.decide(pod, CONTEXT);
      const told = softer.decide(pod, CONTEXT);
      const hasRecord = pod.metadata?.annotations?.['secure-ai.io/decision'] !== undefined;
      if (!hasRecord) expect(told.patch).toEqual([]);
      expect(told.denials).toEqual([]);
      expect(told.enforcement).toBe(enforcement);
      const [preview] = told.previews;
      const isSilent = done.denials.length === 0 && done.selection.source === 'none';
      if (preview === undefined) {
        expect(isSilent).toBe(true);
        return;
      }
      expect(preview.denials).toEqual(done.denials);
      expect(preview.selection).toEqual(done.selection);
    }),
    { numRuns: 200 },
  );
});

test('a rule that only warns leaves the choice alone and tells what it would refuse', () => {
  const { decide } = deciderOf({
    rules: [{ ...torch, enforcement: 'warn' }],
    unlabelled: { assign: 'gvisor' },
  });
  const unlabelled = decide(TORCH, TEAM);
  expect(unlabelled.selection).toMatchObject({ runtime: { name: 'gvisor' }, source: 'default' });
  expect(unlabelled.denials).toEqual([]);
  expect(unlabelled.previews).toMatchObject([
    { enforcement: 'warn', selection: { runtime: { name: 'kata' }, source: 'rule' }, denials: [] },
  ]);
  const labelled = decide(makePod({ image: 'pytorch', label: 'gvisor' }), TEAM);
  expect(labelled.denials).toEqual([]);
  expect(labelled.previews).toMatchObject([
    { enforcement: 'warn', denials: [{ code: 'RULE_VIOLATED' }] },
  ]);
});

test.each<[string, (enforcement: Enforcement) => Partial<RuntimePolicyInput>]>([
  [
    'requirement',
    (enforcement) => ({
      required: [
        {
          namespaces: ['team-a'],
          container: 'main',
          runtime: 'kata',
          enforce: 'exactly',
          enforcement,
        },
      ],
    }),
  ],
  [
    'minimum',
    (enforcement) => ({ minimum: [{ namespaces: ['team-a'], runtime: 'kata', enforcement }] }),
  ],
])('a softer %s refuses nobody and tells what it would refuse', (_, parts) => {
  const pod = makePod({ label: 'gvisor' });
  const at = (enforcement: Enforcement) =>
    deciderOf({ rules: [], required: [], ...parts(enforcement) }).decide(pod, TEAM);
  expect(at('deny').denials).toHaveLength(1);
  expect(at('warn').denials).toEqual([]);
  expect(at('warn').previews).toMatchObject([{ denials: at('deny').denials }]);
});

test('a softer guardrail tells, in the namespaces of its tenant', () => {
  const { decide } = deciderOf({
    tenants: [{ namespaces: ['team-a'], guardrails: { hostPID: 'audit' } }],
  });
  const pod = { ...makePod(), spec: { ...makePod().spec, hostPID: true } };
  const there = decide(pod, TEAM);
  expect(there.denials).toEqual([]);
  expect(there.previews).toMatchObject([
    { enforcement: 'audit', denials: [{ code: 'HOLLOW_SANDBOX' }] },
  ]);
  expect(decide(pod, { namespace: 'team-b' })).toMatchObject({
    denials: [{ code: 'HOLLOW_SANDBOX' }],
    previews: [],
  });
});

test('a tenant may be softer than the policy, or harder', () => {
  const { decide } = deciderOf({
    enforcement: 'warn',
    tenants: [
      { namespaces: ['team-a'], enforcement: 'deny' },
      { namespaces: ['team-b'], enforcement: 'audit' },
    ],
  });
  const pod = makePod({ label: 'runc' });
  expect(decide(pod, TEAM)).toMatchObject({ enforcement: 'deny', denials: [{}], previews: [] });
  expect(decide(pod, { namespace: 'team-b' })).toMatchObject({
    enforcement: 'audit',
    denials: [],
    previews: [{ enforcement: 'audit', denials: [{ code: 'UNKNOWN_RUNTIME' }] }],
  });
  expect(decide(pod, { namespace: 'other' })).toMatchObject({ enforcement: 'warn', denials: [] });
});

test('a part is never harder than its namespace', () => {
  const rules = [{ ...torch, enforcement: 'deny' as const }];
  const { decide } = deciderOf({ enforcement: 'audit', rules });
  expect(decide(makePod({ image: 'pytorch', label: 'gvisor' }), TEAM).denials).toEqual([]);
});

test('a denial is told once, by the hardest enforcement that gives it', () => {
  const { decide } = deciderOf({
    enforcement: 'warn',
    rules: [torch, { ...torch, name: 'other', enforcement: 'audit' }],
  });
  const { previews } = decide(makePod({ image: 'pytorch', label: 'gvisor' }), TEAM);
  expect(previews.map(({ enforcement, denials }) => [enforcement, denials.length])).toEqual([
    ['warn', 1],
    ['audit', 1],
  ]);
});

test('reports say of a new pod what is left to refuse after mutation, of a stored one what it is', () => {
  const { reports } = deciderOf({ enforcement: 'audit', rules: [torch] });
  const codes = (context: object, pod: unknown = TORCH) =>
    reports(pod, { ...TEAM, ...context }).map(({ enforcement, denials }) => [
      enforcement,
      ...denials.map(({ code }) => code),
    ]);
  expect(codes({})).toEqual([['audit']]);
  expect(codes({ isStored: true })).toEqual([['audit', 'RULE_VIOLATED']]);
  expect(codes({ isStored: true }, makePod())).toEqual([['audit', 'UNSANDBOXED']]);
});

test('an annotation that is no decision does not survive where nothing is decided', () => {
  const { decide } = deciderOf({ enforcement: 'audit' });
  expect(decide(makePod({ annotation: 'probe' }), TEAM).patch).toEqual([
    { op: 'remove', path: '/metadata/annotations/secure-ai.io~1decision' },
  ]);
});

test('whether a policy enforces anything', () => {
  const enforces = (changes: Partial<RuntimePolicyInput>) =>
    enforcesAnything(definePolicy({ ...EXAMPLE, ...changes }));
  const tenant = { namespaces: ['a'], enforcement: 'deny' as const };
  expect(enforces({})).toBe(true);
  expect(enforces({ enforcement: 'audit' })).toBe(false);
  expect(enforces({ enforcement: 'audit', tenants: [tenant] })).toBe(true);
});

test('a namespace has the stages that its parts need, hardest first', () => {
  const stages = (changes: Partial<RuntimePolicyInput>) =>
    scopesOf(definePolicy({ ...EXAMPLE, ...changes }))[0].stages.map(
      ({ enforcement }) => enforcement,
    );
  expect(stages({})).toEqual(['deny']);
  expect(stages({ guardrails: { nodeName: 'audit' } })).toEqual(['deny', 'audit']);
  expect(stages({ enforcement: 'warn', guardrails: { nodeName: 'audit' } })).toEqual([
    'warn',
    'audit',
  ]);
  expect(stages({ enforcement: 'audit', guardrails: { nodeName: 'warn' } })).toEqual(['audit']);
});
