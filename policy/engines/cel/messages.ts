/** The messages of denials as CEL: the templates of `policy/decision/messages.ts` with expressions in the place of values. */
import type { DenialCode } from '../../decision/decision';
import {
  AND_MORE,
  DENIAL_HINTS,
  DENIAL_MESSAGES,
  MATCHED,
  MOST_LISTED,
  SEE,
} from '../../decision/messages';
import type { RuntimePolicy } from '../../model/runtime-policy';
import { literal, sortedTexts } from './text';

/** A string that is known, or the expression of one that is not, which is never empty. */
type Value = string | { readonly cel: string };
export type Values = Readonly<Record<string, Value>>;

/** The template with its placeholders replaced, as an expression. */
export function filledText(template: string, values: Values): string {
  return concatenated(partsOf(template, values));
}

function partsOf(template: string, values: Values): readonly Value[] {
  // The pattern has a group, so every second part is the name of a placeholder.
  return template.split(/\{(\w+)\}/).map((part, index): Value => {
    if (index % 2 === 0) return part;
    const value = values[part];
    if (value === undefined) return `{${part}}`;
    return value === '' ? '""' : value;
  });
}

function concatenated(parts: readonly Value[]): string {
  const joined: Value[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === 'string' && typeof last === 'string')
      joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  const operands = joined.filter((part) => part !== '');
  return operands.length === 0
    ? "''"
    : operands.map((part) => (typeof part === 'string' ? literal(part) : part.cel)).join(' + ');
}

/** `CODE: text` of a denial. */
export function denialText(policy: RuntimePolicy, code: DenialCode, own: Values): string {
  const { labelKey, runtimes, helpUrl } = policy;
  const values: Values = {
    pod: { cel: 'variables.pod' },
    namespace: { cel: 'request.namespace' },
    labelKey,
    label: { cel: 'variables.label_text' },
    class: { cel: 'variables.class_text' },
    runtimes: runtimes.map(({ name }) => name).join(', '),
    classes: runtimes.map(({ runtimeClassName }) => runtimeClassName).join(', '),
    ...own,
  };
  return concatenated([
    `${code}: `,
    ...partsOf(DENIAL_MESSAGES[code], values),
    '. ',
    ...partsOf(DENIAL_HINTS[code], values),
    ...(helpUrl === undefined ? [] : partsOf(SEE, { helpUrl })),
  ]);
}

/** The names of a list that is not empty: sorted, each once, the first `MOST_LISTED` of them. */
export function listedText(names: string): string {
  const all = sortedTexts(names);
  const shown = `all.slice(0, all.size() < ${MOST_LISTED} ? all.size() : ${MOST_LISTED}).map(n, n == '' ? '""' : n).join(', ')`;
  const more = filledText(AND_MORE, { omitted: { cel: `string(all.size() - ${MOST_LISTED})` } });
  return `[${all}].map(all, ${shown} + (all.size() > ${MOST_LISTED} ? ${more} : ''))[0]`;
}

/** `{matched}` of a rule, from the list of the containers that matched. */
export function matchedText(names: string): string {
  const listed = filledText(MATCHED.containers, { names: { cel: listedText(names) } });
  return `(${names}.size() == 0 ? ${literal(MATCHED.pod)} : ${listed})`;
}

/** A denial is refused whole when its message is longer (apiserver v0.36.3, pkg/apis/cel/config.go, MaxEvaluatedMessageExpressionSizeBytes). */
const MAX_MESSAGE_BYTES = 5 * 1024;

/** All denials in one line, cut where the API server would drop it. A character has up to four bytes. */
export function joinedText(denials: string): string {
  const line = `${denials}.join('; ').replace('\\r', ' ').replace('\\n', ' ')`;
  const lengths = [MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES / 2, MAX_MESSAGE_BYTES / 4].join(', ');
  const cut = `[m.size(), ${lengths}].map(n, m.substring(0, n < m.size() ? n : m.size()))`;
  return `[${line}].map(m, ${cut}.filter(t, bytes(t).size() <= ${MAX_MESSAGE_BYTES})[0])[0]`;
}
