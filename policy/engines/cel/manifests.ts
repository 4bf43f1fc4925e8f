/** The policy as ValidatingAdmissionPolicies and MutatingAdmissionPolicies, each with its binding. */
import { scopesOf, type Scope } from '../../decision/enforcement';
import { policyHash } from '../../model/policy-hash';
import type { Enforcement, RuntimePolicy } from '../../model/runtime-policy';
import { checkSizes } from './limits';
import { matchConstraints, type MatchConstraints, type Namespaces } from './match';
import { mutating } from './mutating';
import { validating } from './validating';
import type { Variable } from './variable';

const API_VERSION = 'admissionregistration.k8s.io/v1';

type FailurePolicy = 'Fail' | 'Ignore';

export interface ValidatingManifest {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'ValidatingAdmissionPolicy';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly failurePolicy: FailurePolicy;
    readonly matchConstraints: MatchConstraints;
    readonly variables: readonly Variable[];
    readonly validations: readonly {
      readonly expression: string;
      readonly messageExpression: string;
      readonly message: string;
      readonly reason: 'Forbidden';
    }[];
  };
}

export interface MutatingManifest {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'MutatingAdmissionPolicy';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly failurePolicy: FailurePolicy;
    readonly reinvocationPolicy: 'IfNeeded';
    readonly matchConstraints: MatchConstraints;
    readonly variables: readonly Variable[];
    readonly mutations: readonly {
      readonly patchType: 'JSONPatch';
      readonly jsonPatch: { readonly expression: string };
    }[];
  };
}

type ValidationAction = 'Deny' | 'Warn' | 'Audit';

export interface BindingManifest {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'ValidatingAdmissionPolicyBinding' | 'MutatingAdmissionPolicyBinding';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly policyName: string;
    readonly validationActions?: readonly ValidationAction[];
  };
}

const ACTIONS = {
  deny: ['Deny'],
  warn: ['Warn', 'Audit'],
  audit: ['Audit'],
} as const satisfies Readonly<Record<Enforcement, readonly ValidationAction[]>>;

const NAME = 'ai-sandbox';

/**
 * For each scope of the policy and each of its stages one ValidatingAdmissionPolicy, and its binding. Stages that refuse nobody admit a pod
 * that cannot be evaluated.
 *
 * @throws SandboxError POLICY_TOO_LARGE where the API server could not store or compile one of them
 */
export function validatingAdmissionPolicies(
  policy: RuntimePolicy,
): readonly (ValidatingManifest | BindingManifest)[] {
  const scopes = scopesOf(policy);
  const manifests = scopes.flatMap((scope) =>
    scope.stages.map((stage) => {
      const { enforcement } = stage;
      const { variables, ...validation } = validating(scope, stage);
      const manifest: ValidatingManifest = {
        apiVersion: API_VERSION,
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: nameOf(scope, enforcement) },
        spec: {
          failurePolicy: enforcement === 'deny' ? 'Fail' : 'Ignore',
          matchConstraints: matchConstraints(
            namespacesOf(scope, scopes),
            ['CREATE', 'UPDATE'],
            ['pods', 'pods/ephemeralcontainers', 'pods/resize'],
          ),
          variables,
          validations: [{ ...validation, message: FALLBACK_MESSAGE, reason: 'Forbidden' }],
        },
      };
      return { manifest, actions: ACTIONS[enforcement] };
    }),
  );
  checkSizes(
    policy,
    manifests.map(({ manifest }) => manifest),
    (smaller) =>
      scopesOf(smaller).flatMap((scope) =>
        scope.stages.map((stage) => validating(scope, stage).variables),
      ),
  );
  return manifests.flatMap(({ manifest, actions }) => [
    manifest,
    {
      apiVersion: API_VERSION,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: manifest.metadata.name },
      spec: { policyName: manifest.metadata.name, validationActions: actions },
    },
  ]);
}

/** Shown only where the message cannot be evaluated. */
const FALLBACK_MESSAGE = 'The pod does not satisfy the sandbox policy';

/**
 * For each scope of the policy one MutatingAdmissionPolicy, and its binding. Where the scope only warns or audits, all it does is to remove a
 * decision record that stands for no decision.
 *
 * @throws SandboxError POLICY_TOO_LARGE, as `validatingAdmissionPolicies`
 */
export function mutatingAdmissionPolicies(
  policy: RuntimePolicy,
): readonly (MutatingManifest | BindingManifest)[] {
  const scopes = scopesOf(policy);
  const hash = policyHash(policy);
  const manifests = scopes.map((scope): MutatingManifest => {
    const { variables, expression } = mutatingOf(policy, scope, hash);
    return {
      apiVersion: API_VERSION,
      kind: 'MutatingAdmissionPolicy',
      metadata: { name: nameOf(scope, undefined) },
      spec: {
        failurePolicy: scope.enforcement === 'deny' ? 'Fail' : 'Ignore',
        reinvocationPolicy: 'IfNeeded',
        matchConstraints: matchConstraints(namespacesOf(scope, scopes), ['CREATE'], ['pods']),
        variables,
        mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
      },
    };
  });
  checkSizes(policy, manifests, (smaller) =>
    scopesOf(smaller).map((scope) => mutatingOf(smaller, scope, hash).variables),
  );
  return manifests.flatMap((manifest) => [
    manifest,
    {
      apiVersion: API_VERSION,
      kind: 'MutatingAdmissionPolicyBinding',
      metadata: { name: manifest.metadata.name },
      spec: { policyName: manifest.metadata.name },
    },
  ]);
}

function mutatingOf(policy: RuntimePolicy, { enforcement, stages }: Scope, hash: string) {
  return mutating(policy, enforcement === 'deny' ? stages[0] : undefined, hash);
}

/** A namespace belongs to one scope, so its name tells the scopes apart. */
function nameOf({ namespaces }: Scope, enforcement: Enforcement | undefined): string {
  return [NAME, namespaces?.[0], enforcement].filter((part) => part !== undefined).join('-');
}

function namespacesOf({ namespaces }: Scope, scopes: readonly Scope[]): Namespaces {
  return {
    named: namespaces,
    leftOut: namespaces === undefined ? scopes.flatMap((scope) => scope.namespaces ?? []) : [],
  };
}
