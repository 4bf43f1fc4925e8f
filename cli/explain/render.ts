/** An explained pod as text for people. */
import colors from 'picocolors';
import type { Source } from '../../policy/decision/decision';
import { textOf } from '../../policy/decision/validate';
import type { Explanation } from '../../policy/rules/explain';
import type { Enforcement } from '../../policy/model/runtime-policy';
import type { Choice, ExplainedPod, ExplainedPreview, ExplainedRule } from './explain';

const CHOSEN_BY: Readonly<Record<Source, string>> = {
  label: 'its label names it',
  class: 'its runtimeClassName belongs to it',
  rule: 'the rules that match require it',
  default: 'nothing else decides, and this is the default',
  exempt: 'a rule leaves it alone, so it runs in the default runtime of its node',
  mirror: 'it mirrors a static pod, which runs already',
  none: 'nothing is chosen for it',
};

const ENFORCED: Readonly<Record<Enforcement, string>> = {
  deny: 'deny',
  warn: 'warn (no pod of this namespace is changed or refused; its author is warned)',
  audit: 'audit (no pod of this namespace is changed or refused)',
};

export function renderExplanation(pod: ExplainedPod): string {
  const { source, namespace, enforcement, rules, patch, denials, unread } = pod;
  const lines = [
    colors.bold(`${source} in namespace ${namespace}`),
    `  enforcement: ${ENFORCED[enforcement]}`,
    `  runtime: ${runtimeText(pod)}`,
    '  rules:',
    ...rules.flatMap((rule) => [
      `    ${mark(rule.matches)} ${rule.name} ${effectOf(rule)}`,
      ...renderCondition(rule.condition, '        '),
    ]),
    ...(rules.length === 0 ? ['    none'] : []),
    '  patch:',
    ...patch.map((operation) => `    ${JSON.stringify(operation)}`),
    ...(patch.length === 0 ? ['    none'] : []),
    denials.length === 0 ? `  ${colors.green(admittedText(pod))}` : `  ${colors.red('refused:')}`,
    ...denials.map((denial) => `    ${denial.code} ${textOf(denial)}`),
    ...(unread === null ? [] : [`  ${colors.yellow('the webhook would not read it')}: ${unread}`]),
    ...pod.previews.flatMap((preview) => renderPreview(preview, enforcement)),
  ];
  return `${lines.join('\n')}\n`;
}

function runtimeText({ runtime, runtimeClassName, chosenBy }: Choice) {
  return runtime === null
    ? `none (${CHOSEN_BY[chosenBy]})`
    : `${colors.bold(runtime)}, runtimeClassName ${runtimeClassName} (${CHOSEN_BY[chosenBy]})`;
}

function admittedText({ chosenBy, exemptBy }: ExplainedPod): string {
  if (chosenBy === 'mirror') return 'admitted, as the mirror of a static pod';
  return exemptBy.length === 0 ? 'admitted' : `admitted, exempt by ${exemptBy.join(', ')}`;
}

/** @param enforcement of the namespace: its own preview is of the whole policy, a softer one of the parts that are as soft */
function renderPreview(preview: ExplainedPreview, enforcement: Enforcement): string[] {
  const whole = preview.enforcement === enforcement;
  const parts = `if what is under ${preview.enforcement} were enforced`;
  return [
    `  ${colors.yellow(whole ? 'if the policy were enforced' : parts)}:`,
    `    runtime: ${runtimeText(preview)}`,
    preview.denials.length === 0 ? '    not refused' : '    refused:',
    ...preview.denials.map((denial) => `      ${denial.code} ${textOf(denial)}`),
  ];
}

function effectOf({ matches, runtime, deny, exempt, enforcement }: ExplainedRule): string {
  const soft = enforcement === undefined || enforcement === 'deny' ? '' : ` (under ${enforcement})`;
  const effect = (verb: string, ending: string) =>
    (matches ? `fires and ${verb}s${ending}` : `does not fire; would ${verb}${ending}`) + soft;
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
