/** The rules as variables: whether each matches, and what those that match ask for. */
import { sortedByName } from '../../rules/match';
import { asksForRuntime, type Rule, type RuntimePolicy } from '../../model/runtime-policy';
import { strengthOf } from '../../decision/strength';
import { conditionOf, matchedNames } from './conditions';
import { identifiersOf } from './identifiers';
import { literal, optionalRows } from './text';
import { listVariables, type Variable } from './variable';

interface Options {
  /** Whether messages name the containers that matched. */
  readonly withMessages: boolean;
}

/**
 * One variable for each rule, named after it, and three lists of the matching ones: `variables.asking`, `variables.denying` and
 * `variables.exempting`, sorted by name. Rules that exempt have a say only where none denies.
 */
export function ruleVariables(policy: RuntimePolicy, options: Options): readonly Variable[] {
  const rules = sortedByName(policy.rules);
  const identifiers = identifiersOf(
    'rule_',
    rules.map(({ name }) => name),
  );
  const matching = new Map(rules.map((rule, index) => [rule, `variables.${identifiers[index]}`]));
  const rowsOf = (name: string, some: readonly Rule[], row: (rule: Rule) => string) =>
    listVariables(
      name,
      some.map((rule) => `${matching.get(rule)} ? [${row(rule)}] : []`),
      joined,
    );
  const exempting = rules.filter(({ exempt }) => exempt !== undefined);
  return [
    ...rules.map((rule, index) => ({
      name: identifiers[index] ?? '',
      expression: `// ${commentOn(rule)}\n${conditionOf(rule)}`,
    })),
    ...rowsOf('asking', rules.filter(asksForRuntime), (rule) => askingRow(policy, rule, options)),
    ...rowsOf(
      'denying',
      rules.filter(({ deny }) => deny !== undefined),
      (rule) => denyingRow(rule, options),
    ),
    ...rowsOf('exempt_rules', exempting, ({ name }) => literal(name)),
    {
      name: 'exempting',
      expression:
        exempting.length === 0
          ? optionalRows([])
          : 'variables.denying.size() > 0 ? dyn([]) : variables.exempt_rules',
    },
  ];
}

const joined = (rows: readonly string[]): string =>
  rows.length === 0 ? optionalRows([]) : `[\n  ${rows.join(',\n  ')}\n].flatten()`;

/** JSON, so that a title cannot end the line. */
function commentOn({ title, runtime, enforce, deny, exempt }: Rule): string {
  const quoted = JSON.stringify(title);
  if (runtime !== undefined) return `${quoted} asks for ${runtime}, ${enforce}.`;
  return deny === undefined
    ? `${quoted} exempts: ${JSON.stringify(exempt)}`
    : `${quoted} denies: ${JSON.stringify(deny)}`;
}

function askingRow(policy: RuntimePolicy, rule: Rule, { withMessages }: Options): string {
  const strength = strengthOf(policy, rule.runtime);
  const spoken = withMessages
    ? `'title': dyn(${literal(rule.title)}), 'matched': dyn(${matchedNames(rule)})`
    : `'name': dyn(${literal(rule.name)})`;
  return `{'strength': dyn(${strength}), 'exactly': dyn(${rule.enforce === 'exactly'}), ${spoken}}`;
}

function denyingRow(rule: Rule, { withMessages }: Options): string {
  const { title, deny = '' } = rule;
  return withMessages
    ? `{'title': dyn(${literal(title)}), 'reason': dyn(${literal(deny)}), 'matched': dyn(${matchedNames(rule)})}`
    : literal(rule.name);
}
