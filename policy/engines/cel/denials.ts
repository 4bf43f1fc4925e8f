/** Validation in CEL: `variables.denials`, the texts of `policy/decision/validate.ts` in their order. */
import type { DenialCode } from '../../decision/decision';
import type { RuntimePolicy } from '../../model/runtime-policy';
import { hollowSandbox } from './guardrails';
import { denialText, joinedText, matchedText, type Values } from './messages';
import {
  acceptableToRequirement,
  acceptableToRules,
  className,
  concerns,
  runtimeName,
} from './strength';
import { and, optionalRows, sortedTexts } from './text';
import type { Variable } from './variable';

/** Whose conditions are in the variables of `strength.ts` and `rules.ts`. */
export function denialVariables(policy: RuntimePolicy): readonly Variable[] {
  const text = (code: DenialCode, values: Values = {}) => denialText(policy, code, values);
  const wanted = (strength: string): Values => ({
    runtime: { cel: runtimeName(policy, strength) },
    runtimeClass: { cel: className(policy, strength) },
  });
  const belowMinimum = text('BELOW_MINIMUM', wanted('variables.minimum'));
  const required = policy.required.map((requirement) => {
    const { runtime, container } = requirement;
    const isMissed = and([
      concerns(requirement),
      `!(${acceptableToRequirement(policy, requirement)})`,
    ]);
    return [isMissed, text('LABEL_REQUIRED', { runtime, container })] as const;
  });
  const violated = text('RULE_VIOLATED', {
    title: { cel: 'r.title' },
    matched: { cel: matchedText('r.matched') },
    ...wanted('variables.required'),
  });
  const denied = text('DENIED', {
    title: { cel: 'r.title' },
    reason: { cel: 'r.reason' },
    matched: { cel: matchedText('r.matched') },
  });
  return [
    {
      name: 'pod',
      expression:
        "object.metadata.?name.orValue('') != '' ? object.metadata.name : object.metadata.?generateName.orValue('') + '*'",
    },
    { name: 'label_text', expression: shown('label') },
    { name: 'class_text', expression: shown('class') },
    {
      name: 'unknown_runtime',
      expression: when(
        'variables.has_label && variables.label_strength < 0',
        text('UNKNOWN_RUNTIME', { value: { cel: 'variables.label_text' } }),
      ),
    },
    {
      name: 'unknown_class',
      expression: when(
        'variables.has_class && variables.class_strength < 0',
        text('UNKNOWN_CLASS'),
      ),
    },
    { name: 'label_required', expression: sortedTexts(optionalRows(required)) },
    {
      name: 'rule_violated',
      expression: `variables.is_binding && !(${acceptableToRules('variables.label_strength')}) ? variables.asking.filter(r, r.strength == variables.required).slice(0, 1).map(r, ${violated}) : []`,
    },
    {
      name: 'class_mismatch',
      expression: when(
        'variables.label_strength >= 0 && variables.class_strength != variables.label_strength',
        text('CLASS_MISMATCH', wanted('variables.label_strength')),
      ),
    },
    { name: 'denied', expression: sortedTexts(`variables.denying.map(r, ${denied})`) },
    {
      name: 'below_minimum',
      expression: when(
        '[variables.label_strength, variables.class_strength].exists(s, s >= 0 && s < variables.minimum)',
        belowMinimum,
      ),
    },
    { name: 'hollow_sandbox', expression: hollowSandbox(policy) },
    {
      name: 'reasons',
      expression: `${REASONS.map((name) => `variables.${name}`).join(' + ')}`,
    },
    {
      name: 'unsandboxed',
      expression: when(
        and([
          '!variables.has_label && !variables.has_class',
          ...(policy.unlabelled === 'ignore' ? ['variables.minimum >= 0'] : []),
        ]),
        policy.unlabelled === 'ignore' ? belowMinimum : text('UNSANDBOXED'),
      ),
    },
    {
      name: 'denials',
      expression:
        'variables.is_mirror || !variables.has_label && variables.exempting.size() > 0 ? dyn([]) : variables.reasons.size() > 0 ? variables.reasons : variables.unsandboxed',
    },
    { name: 'message', expression: joinedText('variables.denials') },
  ];
}

/** In the order of the codes. */
const REASONS = [
  'unknown_runtime',
  'unknown_class',
  'label_required',
  'rule_violated',
  'class_mismatch',
  'denied',
  'below_minimum',
  'hollow_sandbox',
] as const;

const when = (condition: string, text: string): string => `${condition} ? [${text}] : []`;

/** A value as messages show it: `none` where it is missing, `""` where it is empty. */
const shown = (name: 'label' | 'class'): string =>
  `!variables.has_${name} ? 'none' : variables.${name} == '' ? '""' : variables.${name}`;
