/** CEL expressions as text: literals, lists, and the operators whose operands need parentheses. */
import { globToRegExpSource } from '../../../base/glob';

/** A string literal. JSON escapes mean the same in CEL; a lone surrogate is in no pod and has no escape, so it becomes U+FFFD. */
export function literal(value: string): string {
  const escaped = JSON.stringify(Buffer.from(value).toString()).slice(1, -1);
  return `'${escaped.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function listOf(expressions: readonly string[]): string {
  return `[${expressions.join(', ')}]`;
}

export function literals(values: readonly string[]): string {
  return listOf(values.map(literal));
}

/** Whether all hold. An operand that is a conditional needs parentheses of its own. */
export function and(parts: readonly string[]): string {
  return parts.length === 0 ? 'true' : parts.join(' && ');
}

/** Whether one holds, in parentheses where they are needed. */
export function or(parts: readonly string[]): string {
  const [only, ...others] = parts;
  if (only === undefined) return 'false';
  return others.length === 0 ? only : `(${parts.join(' || ')})`;
}

export function not(part: string): string {
  return `!(${part})`;
}

/** The elements of those lists whose condition holds. */
export function optionalRows(rows: readonly (readonly [condition: string, row: string])[]): string {
  if (rows.length === 0) return NONE;
  return `${listOf(rows.map(([condition, row]) => `${condition} ? [${row}] : []`))}.flatten()`;
}

/** The strings of a list, sorted, each once. The type says that they are strings: `sort` has an overload for each type. */
export function sortedTexts(list: string): string {
  return `${list}.map(t, string(t)).distinct().sort()`;
}

/** An empty list that may be asked for members of elements. */
export const NONE = 'dyn([])';

/** Whether the glob matches the whole of a string; without a regular expression where it has at most one part. */
export function globTest(glob: string, value: string): string {
  const test = PLAIN_GLOBS.find(([pattern]) => pattern.test(glob))?.[1];
  return test === undefined
    ? `${value}.matches(${literal(globToRegExpSource(glob))})`
    : test(value, literal(glob.replaceAll('*', '')));
}

const PLAIN_GLOBS: readonly (readonly [RegExp, (value: string, part: string) => string])[] = [
  [/^[^*]*$/, (value, part) => `${value} == ${part}`],
  [/^\*+$/, () => 'true'],
  [/^[^*]+\*$/, (value, part) => `${value}.startsWith(${part})`],
  [/^\*[^*]+$/, (value, part) => `${value}.endsWith(${part})`],
  [/^\*[^*]+\*$/, (value, part) => `${value}.contains(${part})`],
];
