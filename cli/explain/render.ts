/** An explained pod as text for people. */
import colors from 'picocolors';
import type { Source } from '../../policy/decision/decision';
import type { Explanation } from '../../policy/rules/explain';
import type { ExplainedPod, ExplainedRule } from './explain';

const CHOSEN_BY: Readonly<Record<Source, string>> = {
  label: 'its label names it',
  class: 'its runtimeClassName belongs to it',
  rule: 'the rules that match require it',
  default: 'nothing else decides, and this is the default',
  exempt: 'a rule leaves it alone, so it runs in the default runtime of its node',
  mirror: 'it mirrors a static pod, which runs already',
  none: 'nothing is chosen for it',
};

export function renderExplanation(pod: ExplainedPod): string {
  const { source, namespace, runtime, runtimeClassName, chosenBy, rules, patch, denials } = pod;
  const lines = [
    colors.bold(`${source} in namespace ${namespace}`),
    runtime === null
      ? `  runtime: none (${CHOSEN_BY[chosenBy]})`
      : `  runtime: ${colors.bold(runtime)}, runtimeClassName ${runtimeClassName} (${CHOSEN_BY[chosenBy]})`,
    '  rules:',
    ...rules.flatMap((rule) => [
      `    ${mark(rule.matches)} ${rule.name} ${effectOf(rule)}`,
      ...renderCondition(rule.condition, '        '),
    ]),
    ...(rules.length === 0 ? ['    none'] : []),
    '  patch:',
    ...patch.map((operation) => `    ${JSON.stringify(operation)}`),
    ...(patch.length === 0 ? ['    none'] : []),
    denials.length === 0 ? `  ${colors.green('admitted')}` : `  ${colors.red('refused:')}`,
    ...denials.map(({ code, message }) => `    ${code} ${message}`),
  ];
  return `${lines.join('\n')}\n`;
}

function effectOf({ matches, runtime, deny, exempt }: ExplainedRule): string {
  const effect = (verb: string, ending: string) =>
    matches ? `fires and ${verb}s${ending}` : `does not fire; would ${verb}${ending}`;
  if (deny !== undefined) return effect('refuse', `: ${deny}`);
  if (exempt !== undefined) return effect('exempt', `: ${exempt}`);
  return effect('require', ` ${runtime}`);
}

function renderCondition({ text, holds, seen, parts }: Explanation, indent: string): string[] {
  const what = seen === undefined ? text : `${text} ${colors.dim(`(is ${seen})`)}`;
  return [
    `${indent}${mark(holds)} ${what}`,
    ...parts.flatMap((part) => renderCondition(part, `${indent}  `)),
  ];
}

function mark(holds: boolean): string {
  return holds ? colors.green('yes') : colors.dim('no ');
}
