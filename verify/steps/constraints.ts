/** Step: Gatekeeper has the templates and constraints of the policy. */
import { objectId, referenceOf, valueAt, type KubernetesObject } from '../../kubernetes/object';
import { objectOf } from '../../base/untrusted';
import { canonicalJson } from '../../base/canonical-json';
import { outcomeOfFindings, type Finding, type VerifyContext, type Step } from '../step';
import { DEPLOY_AGAIN } from '../webhooks';

/** The members that decide whether a constraint refuses, and what it refuses. */
const CONSTRAINT_MEMBERS = [
  ['spec', 'enforcementAction'],
  ['spec', 'match'],
  ['spec', 'parameters'],
];

const TEMPLATE_MEMBERS = [
  ['spec', 'crd', 'spec', 'names', 'kind'],
  ['spec', 'targets'],
];

/** Gatekeeper enforces the policy that this project emits: same Rego, parameters, match and action, also where that only warns or audits. */
export const constraints: Step = {
  id: 'constraints',
  title: 'Gatekeeper follows this policy',
  expected: 'the templates and constraints of the policy, unchanged',
  run: async (context) => {
    const { templates, constraints: emitted } = context.expected;
    const findings = await Promise.all([
      ...templates.map((template) => compare(context, template, TEMPLATE_MEMBERS)),
      ...emitted.map((constraint) => compare(context, constraint, CONSTRAINT_MEMBERS)),
    ]);
    return outcomeOfFindings(
      findings.flat(),
      `${templates.length} templates and ${emitted.length} constraints as deployed`,
    );
  },
};

async function compare(
  { api }: VerifyContext,
  expected: KubernetesObject,
  members: readonly (readonly string[])[],
): Promise<Finding[]> {
  const path = objectId(referenceOf(expected));
  const live = await api.get(referenceOf(expected));
  if (live === undefined) return [{ path, reason: 'it does not exist', fix: DEPLOY_AGAIN }];
  return members
    .flatMap((member) =>
      differences(member, valueAt(expected, ...member), valueAt(live, ...member)),
    )
    .map((reason) => ({ path, reason, fix: DEPLOY_AGAIN }));
}

/** Objects are compared member by member, so that the reason names the one that differs. Long values are not printed. */
function differences(member: readonly string[], expected: unknown, live: unknown): string[] {
  if (canonicalJson(expected) === canonicalJson(live)) return [];
  const name = member.join('.');
  const [wanted, found] = [objectOf(expected), objectOf(live)];
  if (wanted !== undefined && found !== undefined) {
    const keys = new Set([...Object.keys(wanted), ...Object.keys(found)]);
    return [...keys].flatMap((key) => differences([...member, key], wanted[key], found[key]));
  }
  return [`${name} is ${shown(live)}, not ${shown(expected)}`];
}

const LONGEST_SHOWN_CHARACTERS = 80;

function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? 'missing';
  return json.length <= LONGEST_SHOWN_CHARACTERS
    ? json
    : `${json.slice(0, LONGEST_SHOWN_CHARACTERS)}…`;
}
