/** What the rules of a webhook configuration cover (admissionregistration.k8s.io/v1, RuleWithOperations). */
import { listAt, stringAt } from '../kubernetes/object';

/** One operation on one resource, as rules list them. */
interface Request {
  readonly operation: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly scope: string;
}

/** What the `expected` rules cover and the `live` ones do not, such as `CREATE pods`. */
export function uncovered(expected: readonly unknown[], live: readonly unknown[]): string[] {
  const missing = expected
    .flatMap(requestsOf)
    .filter((request) => !live.some((rule) => covers(rule, request)));
  return [...new Set(missing.map(({ operation, resource }) => `${operation} ${resource}`))];
}

function requestsOf(rule: unknown): Request[] {
  const scope = scopeOf(rule);
  const of = (member: string) => listAt(rule, member).map(String);
  return of('operations').flatMap((operation) =>
    of('apiGroups').flatMap((group) =>
      of('apiVersions').flatMap((version) =>
        of('resources').map((resource) => ({ operation, group, version, resource, scope })),
      ),
    ),
  );
}

function covers(rule: unknown, { operation, group, version, resource, scope }: Request): boolean {
  const has = (member: string, value: string) => {
    const values = listAt(rule, member);
    return values.includes('*') || values.includes(value);
  };
  return (
    has('operations', operation) &&
    has('apiGroups', group) &&
    has('apiVersions', version) &&
    listAt(rule, 'resources').some((pattern) => coversResource(String(pattern), resource)) &&
    ['*', scope].includes(scopeOf(rule))
  );
}

// `*` is every resource without its subresources, `*/*` everything, `pods/*` the subresources of pods, `*/scale` every scale.
function coversResource(pattern: string, resource: string): boolean {
  if (pattern === '*/*' || pattern === resource) return true;
  const [name, subresource] = resource.split('/');
  if (subresource === undefined) return pattern === '*';
  return pattern === `${name}/*` || pattern === `*/${subresource}`;
}

function scopeOf(rule: unknown): string {
  return stringAt(rule, 'scope') ?? '*';
}
