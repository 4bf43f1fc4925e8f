/** What a policy can be at most as CEL. Costs are not checked when a policy is created, sizes are. */
import { refuse, type Problem } from '../../../base/errors';
import { POLICY_ERRORS } from '../../errors';
import type { RuntimePolicy } from '../../model/runtime-policy';
import type { Variable } from './variable';

/** Bytes of a request that etcd takes (etcd v3.6, server/embed/config.go, DefaultMaxRequestBytes). */
const MAX_OBJECT_BYTES = 1.5 * 1024 * 1024;

/** What server-side apply adds for each variable to `metadata.managedFields`, besides its name. */
const MANAGED_BYTES = 80;

/** What the manifest has besides its variables, with room for what the API server adds. */
const OTHER_BYTES = 16 * 1024;

/** Code points that the parser of CEL takes (cel-go v0.26.0, parser/options.go, expressionSizeCodePointLimit). */
const MAX_EXPRESSION_LENGTH = 100_000;

/**
 * @param variablesFor the variables of each manifest that another policy would have
 * @throws SandboxError POLICY_TOO_LARGE with the number of rules that fit
 */
export function checkSizes(
  policy: RuntimePolicy,
  manifests: readonly { readonly spec: { readonly variables: readonly Variable[] } }[],
  variablesFor: (policy: RuntimePolicy) => readonly (readonly Variable[])[],
): void {
  const problems = manifests.flatMap(({ spec }) => problemsOf(spec.variables));
  const [first] = problems;
  if (first === undefined) return;
  const fits = (count: number): boolean =>
    variablesFor({ ...policy, rules: policy.rules.slice(0, count) }).every(
      (variables) => problemsOf(variables).length === 0,
    );
  const fix = `keep the first ${mostThat(fits, policy.rules.length)} of ${policy.rules.length} rules, or let Gatekeeper validate`;
  refuse(POLICY_ERRORS.POLICY_TOO_LARGE, [{ path: 'rules', reason: first.reason, fix }]);
}

function problemsOf(variables: readonly Variable[]): Pick<Problem, 'reason'>[] {
  const long = variables.find(({ expression }) => expression.length > MAX_EXPRESSION_LENGTH);
  const bytes = bytesOf(variables);
  return [
    ...(long === undefined
      ? []
      : [
          {
            reason: `variable ${long.name} has ${long.expression.length} characters, more than the ${MAX_EXPRESSION_LENGTH} that CEL takes`,
          },
        ]),
    ...(bytes <= MAX_OBJECT_BYTES
      ? []
      : [
          {
            reason: `need ${bytes} bytes as CEL, more than the ${MAX_OBJECT_BYTES} that etcd takes`,
          },
        ]),
  ];
}

function bytesOf(variables: readonly Variable[]): number {
  const managed = variables.reduce((sum, { name }) => sum + name.length + MANAGED_BYTES, 0);
  return OTHER_BYTES + managed + Buffer.byteLength(JSON.stringify(variables));
}

/** The largest number below `limit` that passes. */
function mostThat(passes: (count: number) => boolean, limit: number): number {
  let [most, failing] = [-1, limit];
  while (failing - most > 1) {
    const middle = Math.floor((most + failing) / 2);
    if (passes(middle)) most = middle;
    else failing = middle;
  }
  return Math.max(0, most);
}
