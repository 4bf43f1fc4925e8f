/** Gatekeeper constraints of a policy: which there are, what each is named and which pods it matches. */
import { CONSTRAINT_KINDS, ENABLED_LABEL, EXEMPT_NAMESPACES } from '../../../base/names';
import type { Scope } from '../../decision/enforcement';
import { scopesOf } from '../../decision/enforcement';
import type { Enforcement, Requirement, RuntimePolicy } from '../../model/runtime-policy';
import type { Parameters } from './constraint-parameters';
import {
  dynamicParameters,
  requiredParameters,
  sandboxedParameters,
} from './constraint-parameters';
import type { ScopeGroup } from './constraint-scopes';
import { scopeGroups } from './constraint-scopes';

type ConstraintKind = (typeof CONSTRAINT_KINDS)[keyof typeof CONSTRAINT_KINDS];

/**
 * What Gatekeeper does about a violation: refuse the pod; admit it with the message as a warning; or nothing, so that the message is
 * in the status of the constraint after the next audit only (Gatekeeper v3.23.1, website/docs/violations.md).
 */
export const ENFORCEMENT_ACTIONS = {
  deny: 'deny',
  warn: 'warn',
  audit: 'dryrun',
} as const satisfies Record<Enforcement, string>;

interface ConstraintManifest {
  readonly apiVersion: 'constraints.gatekeeper.sh/v1beta1';
  readonly kind: ConstraintKind;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly enforcementAction: (typeof ENFORCEMENT_ACTIONS)[Enforcement];
    readonly match: Match & {
      readonly kinds: readonly {
        readonly apiGroups: readonly string[];
        readonly kinds: readonly string[];
      }[];
      readonly namespaceSelector: { readonly matchLabels: Readonly<Record<string, string>> };
    };
    readonly parameters: Parameters;
  };
}

interface Match {
  readonly namespaces?: readonly string[];
  readonly excludedNamespaces: readonly string[];
}

/**
 * The constraints that can ever speak under this policy: no `K8sDynamicRuntime` without a rule that asks for a runtime or denies. They
 * match pods of enabled namespaces that are not exempt.
 *
 * Together they say what `Decider.reports` says. The constraints for a namespace's own enforcement have plain names, so that a change of
 * it changes them in place; those for softer parts of the policy end in `-warn` or `-audit`, and exist only where they say something
 * else. Tenants have constraints of their own, named after their first namespace, for what differs from the first scope that has one.
 */
export function constraints(policy: RuntimePolicy): readonly ConstraintManifest[] {
  const scopes = scopesOf(policy);
  const { required, dynamic, sandboxed } = CONSTRAINT_KINDS;
  const namesOfRequired = new Set<string>();
  return [
    ...policy.required.flatMap((requirement) => {
      const purpose = requiredPurpose(scopes, requirement);
      return constraintsFor(purpose, required, namesOfRequired);
    }),
    ...constraintsFor(dynamicPurpose(scopes), dynamic),
    ...constraintsFor(sandboxedPurpose(scopes), sandboxed),
  ];
}

/** What constraints are for. */
interface Purpose {
  readonly name: string;
  readonly groups: readonly ScopeGroup[];
  readonly matchOf: (group: ScopeGroup) => Match;
}

type Scopes = ReturnType<typeof scopesOf>;

function requiredPurpose(scopes: Scopes, requirement: Requirement): Purpose {
  const { namespaces, runtime } = requirement;
  const scopeOf = (namespace: string) =>
    scopes.find((scope) => scope.namespaces?.includes(namespace)) ?? scopes[0];
  const concerned = new Set(namespaces.map(scopeOf));
  return {
    name: `enforce-${objectName(runtime)}-label`,
    groups: scopeGroups([...concerned], (props) =>
      props.policy.required.includes(requirement)
        ? requiredParameters(props, requirement)
        : undefined,
    ),
    matchOf: ({ scopes: own }) => ({
      namespaces: namespaces.filter((namespace) => own.includes(scopeOf(namespace))),
      excludedNamespaces: EXEMPT_NAMESPACES,
    }),
  };
}

const dynamicPurpose = (scopes: Scopes): Purpose => ({
  name: 'enforce-dynamic-ai-runtime',
  groups: scopeGroups(scopes, dynamicParameters),
  matchOf: (group) => matchOf(group, scopes),
});

const sandboxedPurpose = (scopes: Scopes): Purpose => ({
  name: 'enforce-sandbox',
  groups: scopeGroups(scopes, sandboxedParameters),
  matchOf: (group) => matchOf(group, scopes),
});

/** Where namespaces are among them that no tenant names, the others are left out. */
function matchOf({ scopes: own }: ScopeGroup, scopes: Scopes): Match {
  if (!own.includes(scopes[0])) {
    return { namespaces: namespacesOf(own), excludedNamespaces: EXEMPT_NAMESPACES };
  }
  const others = scopes.filter((scope) => !own.includes(scope));
  return { excludedNamespaces: [...EXEMPT_NAMESPACES, ...namespacesOf(others)] };
}

const namespacesOf = (scopes: readonly Scope[]): string[] =>
  scopes.flatMap(({ namespaces = [] }) => namespaces);

function constraintsFor(
  { name, groups, matchOf: match }: Purpose,
  kind: ConstraintKind,
  taken = new Set<string>(),
): ConstraintManifest[] {
  return groups.flatMap((group) => {
    const matched = match(group);
    const wanted = group === groups[0] ? name : `${name}-${matched.namespaces?.[0] ?? 'others'}`;
    const stem = uniqueStem(wanted, taken);
    return group.stages.map(({ enforcement, parameters }) => {
      const suffix = enforcement === group.enforcement ? '' : SUFFIXES[enforcement];
      return {
        apiVersion: 'constraints.gatekeeper.sh/v1beta1',
        kind,
        metadata: { name: stem + suffix },
        spec: {
          enforcementAction: ENFORCEMENT_ACTIONS[enforcement],
          match: {
            kinds: [{ apiGroups: [''], kinds: ['Pod'] }],
            ...matched,
            namespaceSelector: { matchLabels: { [ENABLED_LABEL]: 'true' } },
          },
          parameters,
        },
      };
    });
  });
}

/** A label value as part of a Kubernetes object name. */
function objectName(labelValue: string): string {
  return labelValue.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

const SUFFIXES: Readonly<Record<Enforcement, string>> = {
  deny: '',
  warn: '-warn',
  audit: '-audit',
};

/**
 * How long a name may be without its suffix: Gatekeeper labels its records with the name of the constraint, and values of labels have
 * 63 characters (v3.23.1, apis/status/v1beta1/constraintpodstatus_types.go, NewConstraintStatusForPod).
 */
const MAX_STEM_LENGTH = 63 - SUFFIXES.audit.length;

/** The stem, cut where it is too long, with the first number from 2 on with which it is free whatever its suffix. */
function uniqueStem(stem: string, taken: Set<string>): string {
  const numbered = (n: number) => {
    const end = n === 1 ? '' : `-${n}`;
    return stem.slice(0, MAX_STEM_LENGTH - end.length).replace(/-+$/, '') + end;
  };
  const namesOf = (free: string) => Object.values(SUFFIXES).map((suffix) => free + suffix);
  let n = 1;
  while (namesOf(numbered(n)).some((name) => taken.has(name))) n++;
  for (const name of namesOf(numbered(n))) taken.add(name);
  return numbered(n);
}
