/**
 * What the whole pod requests and is limited to, as `policy/pod/resources.ts` computes it: `variables.requests` and `variables.limits`.
 * The total of a resource is the greatest of several quantities, so it is kept as their list: a total exceeds a threshold where one of
 * them does, and stays below it where all do.
 */
import { globTest, literals, or } from './text';
import type { Variable } from './variable';

type ResourceList = 'requests' | 'limits';
const LISTS: readonly ResourceList[] = ['requests', 'limits'];

/**
 * CEL cannot fold a list. Each of these variables adds every second quantity to the one before it, so they add lists of up to 2^13. A pod
 * of more containers exceeds the cost limit of an expression before that. `add` may change its receiver, so nothing else refers to it
 * (apimachinery v0.36.3, pkg/api/resource/quantity.go, Add).
 */
const HALVINGS = 13;
const HALVED =
  'lists.range((l.size() + 1) / 2).map(k, 2 * k + 1 < l.size() ? l[2 * k].add(l[2 * k + 1]) : l[2 * k])';

/**
 * `variables.sums_0`: for each list and name the quantities that add up, of what runs together and of each init container with the sidecars
 * started before it.
 */
function addends(): string {
  const ofList = (list: ResourceList): string => {
    const running = `(variables.main_facts + variables.init_facts.filter(c, c.isSidecar)).map(c, n in c.${list}, quantity(c.${list}[n]))`;
    const before = `variables.init_facts.transformList(j, s, j < i && s.isSidecar && n in s.${list}, quantity(s.${list}[n]))`;
    const peaks = `variables.init_facts.transformList(i, c, !c.isSidecar && n in c.${list}, [quantity(c.${list}[n])] + ${before})`;
    return `variables.resource_names.map(n, [dyn('${list}.' + n), dyn([${running}] + ${peaks})])`;
  };
  return `(${LISTS.map(ofList).join(' +\n')}).transformMapEntry(i, p, {p[0]: p[1]})`;
}

function sumVariables(): readonly Variable[] {
  const halvings = Array.from({ length: HALVINGS }, (_, index) => ({
    name: `sums_${index + 1}`,
    expression: `variables.sums_${index}.transformMap(n, sums, sums.map(l, ${HALVED}))`,
  }));
  return [
    { name: 'main_facts', expression: 'variables.containers.slice(0, variables.main.size())' },
    {
      name: 'init_facts',
      expression:
        'variables.containers.slice(variables.main.size(), variables.main.size() + variables.init.size())',
    },
    { name: 'sums_0', expression: addends() },
    ...halvings,
    {
      name: 'container_amounts',
      expression: `variables.sums_${HALVINGS}.transformMap(n, sums, sums.flatten().size() > 0, sums.flatten())`,
    },
  ];
}

/** What the pod states for itself; of other resources it cannot. */
const stated = (list: ResourceList): Variable => ({
  name: `stated_${list}`,
  expression: `object.spec.?resources.?${list}.orValue({}).transformMap(n, v, n == 'cpu' || n == 'memory' || n.startsWith('hugepages-'), v)`,
});

/** Every name the pod mentions that one of the globs matches. */
function namesMatching(globs: readonly string[]): string {
  const stated = LISTS.map((list) => `variables.stated_${list}.map(k, k)`);
  const mentioned = `variables.containers.map(c, c.requests.map(k, k)).flatten() + ${stated.join(' + ')}`;
  return `(${mentioned}).filter(n, ${or(globs.map((glob) => globTest(glob, 'n')))})`;
}

function namesOf(keys: readonly string[]): string {
  const exact = literals(keys.filter((key) => !key.includes('*')));
  const globs = keys.filter((key) => key.includes('*'));
  return globs.length === 0 ? exact : `(${exact} + ${namesMatching(globs)}).distinct()`;
}

/**
 * Behind `variables.containers`, which needs the facts `requests`, `limits` and `isSidecar`.
 *
 * @param keys names of the resources that rules ask about, or globs for them
 */
export function resourceVariables(keys: readonly string[]): readonly Variable[] {
  if (keys.length === 0) return [];
  const isHuge = "n.startsWith('hugepages-')";
  const limits = [
    'n in variables.stated_limits ? [quantity(variables.stated_limits[n])]',
    "variables.container_amounts[?'limits.' + n].orValue([])",
  ];
  const requests = [
    'n in variables.stated_requests ? [quantity(variables.stated_requests[n])]',
    `n in variables.stated_limits && (${isHuge} || !('requests.' + n in variables.container_amounts)) ? [quantity(variables.stated_limits[n])]`,
    `${isHuge} && variables.states_resources && 'limits.' + n in variables.container_amounts ? variables.container_amounts['limits.' + n]`,
    "variables.container_amounts[?'requests.' + n].orValue([])",
  ];
  const totals = (list: ResourceList, amounts: readonly string[]): Variable => ({
    name: list,
    expression: `variables.resource_names.transformMapEntry(i, n, {n:\n  ${amounts.join(' :\n  ')}\n}).transformMap(n, amounts, amounts.size() > 0, amounts)`,
  });
  return [
    stated('requests'),
    stated('limits'),
    {
      name: 'states_resources',
      expression: 'variables.stated_requests.size() + variables.stated_limits.size() > 0',
    },
    { name: 'resource_names', expression: namesOf(keys) },
    ...sumVariables(),
    totals('limits', limits),
    totals('requests', requests),
  ];
}
