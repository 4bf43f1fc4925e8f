/** Which requests the policies are asked about. */
import { ENABLED_LABEL, EXEMPT_NAMESPACES } from '../../../base/names';

type Operation = 'CREATE' | 'UPDATE';

/** `spec.matchConstraints` of an admission policy. */
export interface MatchConstraints {
  readonly matchPolicy: 'Equivalent';
  readonly namespaceSelector: {
    readonly matchLabels: Readonly<Record<string, string>>;
    readonly matchExpressions: readonly {
      readonly key: string;
      readonly operator: 'In' | 'NotIn';
      readonly values: readonly string[];
    }[];
  };
  readonly resourceRules: readonly {
    readonly apiGroups: readonly string[];
    readonly apiVersions: readonly string[];
    readonly operations: readonly Operation[];
    readonly resources: readonly string[];
    readonly scope: 'Namespaced';
  }[];
}

/** Enabled namespaces: the named ones, or all but the left out. Exempt ones never. */
export interface Namespaces {
  readonly named: readonly string[] | undefined;
  readonly leftOut: readonly string[];
}

export function matchConstraints(
  { named, leftOut }: Namespaces,
  operations: readonly Operation[],
  resources: readonly string[],
): MatchConstraints {
  const key = 'kubernetes.io/metadata.name';
  const notIn = { key, operator: 'NotIn' as const, values: [...EXEMPT_NAMESPACES, ...leftOut] };
  return {
    matchPolicy: 'Equivalent',
    namespaceSelector: {
      matchLabels: { [ENABLED_LABEL]: 'true' },
      matchExpressions: [
        ...(named === undefined ? [] : [{ key, operator: 'In' as const, values: named }]),
        notIn,
      ],
    },
    resourceRules: [
      { apiGroups: [''], apiVersions: ['v1'], operations, resources, scope: 'Namespaced' },
    ],
  };
}
