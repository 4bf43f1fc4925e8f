/** Random policies with everything the admission policies are compiled from, and requests about random pods. */
import * as fc from 'fast-check';
import { DECISION_ANNOTATION } from '../../../../base/names';
import { definePolicy } from '../../../../policy/model/define';
import { policyHash } from '../../../../policy/model/policy-hash';
import type { Enforcement, RuntimePolicy } from '../../../../policy/model/runtime-policy';
import type { Request } from '../../../cel-oracle/oracle';
import { malformedPods, NAMESPACES_OF_PODS, pods, policies } from '../../../fixtures/arbitraries';
import { updates } from '../../updates';

const enforcements = fc.constantFrom<Enforcement>('deny', 'deny', 'warn', 'audit');
const guardrail = fc.constantFrom(
  'deny' as const,
  'warn' as const,
  'audit' as const,
  'allow' as const,
);

const guardrails = fc.record(
  {
    hostPaths: fc.oneof(
      guardrail,
      fc.record({
        readOnly: fc.constantFrom<string[]>(['/var/run'], ['/var/*', '/a/*']),
        otherwise: enforcements,
      }),
    ),
    hostNetwork: guardrail,
    hostPID: guardrail,
    hostIPC: guardrail,
    privileged: fc.oneof(guardrail, fc.constant('kata-only' as const)),
    systemPriority: guardrail,
    nodeName: guardrail,
    sandboxAnnotations: guardrail,
    windows: guardrail,
  },
  { requiredKeys: [] },
);

const tenant = fc.record(
  { enforcement: enforcements, guardrails },
  { requiredKeys: ['enforcement'] },
);

/** Half of them are for one enforcement alone. */
export const anyPolicies: fc.Arbitrary<RuntimePolicy> = fc
  .tuple(
    policies,
    fc.array(enforcements, { minLength: 8, maxLength: 8 }),
    guardrails,
    fc.option(tenant, { nil: undefined }),
    fc.option(fc.constant('https://example.com/sandbox'), { nil: undefined }),
    fc.boolean(),
  )
  .map(([policy, [own = 'deny', ...others], open, one, helpUrl, isMixed]) => {
    const softened = <Part extends object>(part: Part, index: number) =>
      isMixed ? { ...part, enforcement: others[index % others.length] } : part;
    return definePolicy({
      ...policy,
      rules: policy.rules.map(softened),
      required: policy.required.map(softened),
      minimum: policy.minimum.map(softened),
      enforcement: own,
      guardrails: open,
      ...(helpUrl !== undefined && { helpUrl }),
      tenants: one === undefined ? [] : [{ namespaces: [NAMESPACES_OF_PODS[0]], ...one }],
    });
  });

const namespaces = fc.constantFrom(...NAMESPACES_OF_PODS);
const subresources = fc.constantFrom('ephemeralcontainers' as const, 'resize' as const, undefined);
const names = fc.constantFrom({}, { name: 'pod' }, { generateName: 'pod-' }, { generateName: '' });

interface Metadata {
  readonly metadata?: object;
}

/** With a name, one of a node among them. */
const named = (arbitrary: fc.Arbitrary<object>): fc.Arbitrary<object> =>
  fc
    .tuple(arbitrary, names, fc.constantFrom({}, {}, { nodeName: 'node' }, { nodeName: '' }))
    .map(([pod, name, node]) => {
      const { metadata, spec } = pod as Metadata & { readonly spec?: object };
      return { ...pod, metadata: { ...metadata, ...name }, spec: { ...spec, ...node } };
    });

const base = { namespace: namespaces, enabled: fc.constant('true' as const) };

export const creations: fc.Arbitrary<Request> = fc.record({
  ...base,
  object: named(fc.oneof({ weight: 8, arbitrary: pods }, malformedPods)),
});

export const changes: fc.Arbitrary<Request> = fc
  .record({ ...base, update: updates, subresource: fc.option(subresources, { nil: undefined }) })
  .map(({ update: [oldObject, object], subresource, ...request }) => ({
    ...request,
    object,
    oldObject,
    ...(subresource !== undefined && { subresource }),
  }));

/** A record that a pod carries already: whatever its author claims. */
export function withRecord(request: Request, policy: RuntimePolicy, claim: Claim): Request {
  const { metadata, ...pod } = request.object as { metadata?: { annotations?: object } };
  const record = JSON.stringify({ ...claim, policy: policyHash(policy) });
  const annotations = { ...metadata?.annotations, [DECISION_ANNOTATION]: record };
  return { ...request, object: { ...pod, metadata: { ...metadata, annotations } } };
}

interface Claim {
  readonly runtime: string;
  readonly source: string;
  readonly rules: readonly string[];
}

export const claims: fc.Arbitrary<Claim> = fc.record({
  runtime: fc.constantFrom('gvisor', 'kata', 'kata-cc', 'runc'),
  source: fc.constantFrom('label', 'class', 'rule', 'default', 'exempt', 'none'),
  rules: fc.constantFrom([], ['gpu']),
});
