/** Whether a pod's nodeSelector and required node affinity select a node. */

/** The fields of a PodSpec (core/v1) that select nodes, as far as they are read. */
export interface PlacedPod {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: { readonly nodeAffinity?: NodeAffinity };
}

type NodeAffinity = {
  readonly [field: string]: unknown;
  readonly requiredDuringSchedulingIgnoredDuringExecution?: {
    readonly nodeSelectorTerms?: readonly Term[];
  };
};

type Term = {
  readonly [field: string]: unknown;
  readonly matchExpressions?: readonly Requirement[];
};

type Requirement = {
  readonly [field: string]: unknown;
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
};

type Labels = Readonly<Record<string, string>>;

/** `unknown`: the pod says something that is not known here, so nothing may be concluded. */
export type Selection = 'selected' | 'not selected' | 'unknown';

/** Fields that are read, and the one that is a preference. */
const AFFINITY_FIELDS: readonly string[] = [
  'requiredDuringSchedulingIgnoredDuringExecution',
  'preferredDuringSchedulingIgnoredDuringExecution',
];
const TERM_FIELDS: readonly string[] = ['matchExpressions'];
const REQUIREMENT_FIELDS: readonly string[] = ['key', 'operator', 'values'];

/**
 * As the DaemonSet controller decides (Kubernetes 1.36.3, pkg/controller/daemon/daemon_controller.go, `predicates`; the rules are in
 * staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go): nodeSelector and affinity both, one of the
 * terms, in it every requirement. A term without requirements selects no node. Taints and `matchFields` are not read.
 *
 * One operator or field that is not known makes the answer `unknown`, whatever the rest says.
 */
export function selectionOf({ nodeSelector = {}, affinity }: PlacedPod, labels: Labels): Selection {
  const hasLabels = Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
  const matches = affinityMatches(affinity?.nodeAffinity ?? {}, labels);
  if (matches === undefined) return 'unknown';
  return hasLabels && matches ? 'selected' : 'not selected';
}

/** Undefined where it is not known, here and below. */
function affinityMatches(affinity: NodeAffinity, labels: Labels): boolean | undefined {
  if (hasOtherFields(affinity, AFFINITY_FIELDS)) return undefined;
  const required = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  const { nodeSelectorTerms = [] } = required;
  if (nodeSelectorTerms.length === 0 || hasOtherFields(required, ['nodeSelectorTerms']))
    return undefined;
  const terms = nodeSelectorTerms.map((term) => termMatches(term, labels));
  return terms.includes(undefined) ? undefined : terms.includes(true);
}

function termMatches(term: Term, labels: Labels): boolean | undefined {
  if (hasOtherFields(term, TERM_FIELDS)) return undefined;
  const { matchExpressions = [] } = term;
  const requirements = matchExpressions.map((requirement) =>
    requirementMatches(requirement, labels),
  );
  if (requirements.includes(undefined)) return undefined;
  return requirements.length > 0 && !requirements.includes(false);
}

/** apimachinery 0.36.3, pkg/labels/selector.go, `NewRequirement` and `Requirement.Matches`. */
function requirementMatches(requirement: Requirement, labels: Labels): boolean | undefined {
  if (hasOtherFields(requirement, REQUIREMENT_FIELDS)) return undefined;
  const { key, operator, values = [] } = requirement;
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return isAmong(values, value);
    case 'NotIn':
      return not(isAmong(values, value));
    case 'Exists':
      return exists(values, value);
    case 'DoesNotExist':
      return not(exists(values, value));
    case 'Gt':
      return compares(values, value, (number, limit) => number > limit);
    case 'Lt':
      return compares(values, value, (number, limit) => number < limit);
    default:
      return undefined;
  }
}

function not(matches: boolean | undefined): boolean | undefined {
  return matches === undefined ? undefined : !matches;
}

function isAmong(values: readonly string[], value: string | undefined): boolean | undefined {
  if (values.length === 0) return undefined;
  return value !== undefined && values.includes(value);
}

function exists(values: readonly string[], value: string | undefined): boolean | undefined {
  return values.length === 0 ? value !== undefined : undefined;
}

function compares(
  values: readonly string[],
  value: string | undefined,
  isBeyond: (number: bigint, limit: bigint) => boolean,
): boolean | undefined {
  const limit = values.length === 1 ? integer(values[0]) : undefined;
  if (limit === undefined) return undefined;
  const number = integer(value);
  return number !== undefined && isBeyond(number, limit);
}

/** As Go's strconv.ParseInt reads 64 bits in base 10. A label value cannot begin with a sign. */
function integer(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[0-9]+$/.test(text)) return undefined;
  const number = BigInt(text);
  return BigInt.asIntN(64, number) === number ? number : undefined;
}

/** An empty list says as much as none. */
function hasOtherFields(object: Readonly<Record<string, unknown>>, known: readonly string[]) {
  return Object.entries(object).some(
    ([field, value]) => !known.includes(field) && !(Array.isArray(value) && value.length === 0),
  );
}
