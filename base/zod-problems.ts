/** Converts zod's issues into problems a reader can fix. */
import type { z } from 'zod';
import type { Problem } from './errors';

type Issue = z.core.$ZodIssue;

/** Every issue as a problem; paths start at `root`, or read `rules[2].when` without one. */
export function problemsOf(error: z.ZodError, root = ''): readonly Problem[] {
  return error.issues.map((issue) => ({
    path: formatPath(issue.path, root),
    reason: reasonOf(issue),
    fix: fixOf(issue),
  }));
}

/** `['rules', 2, 'requests', 'nvidia.com/gpu']` as `rules[2].requests["nvidia.com/gpu"]`. */
export function formatPath(path: readonly PropertyKey[], root = ''): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = String(key);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, root);
}

function reasonOf(issue: Issue): string {
  if (
    issue.code === 'invalid_type' &&
    issue.input === undefined &&
    issue.message.endsWith('undefined')
  ) {
    return 'is missing';
  }
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}

function fixOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `pass ${typeNamed(issue.expected)}`;
    case 'invalid_value':
      return `set it to ${oneOf(issue.values.map(String))}`;
    case 'unrecognized_keys':
      return `remove ${issue.keys.join(', ')}, or correct the spelling`;
    case 'too_small':
      return `pass ${atBound(issue, ['more than', 'at least'], issue.minimum)}`;
    case 'too_big':
      return `pass ${atBound(issue, ['less than', 'at most'], issue.maximum)}`;
    case 'not_multiple_of':
      return `pass a multiple of ${issue.divisor}`;
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues.map(fixOf).join('; ');
    case 'custom':
    case 'invalid_format':
    case 'invalid_union':
      return fixOfSchema(issue);
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const typeNamed = (type: string): string => TYPES[type] ?? `a value of type ${type}`;

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`;
}

interface Bounded {
  readonly origin: string;
  readonly inclusive?: boolean | undefined;
}

/** `a string of at least 1 character`, `at least 2 elements`, `at least 3`. */
function atBound(
  { origin, inclusive }: Bounded,
  [exclusively, inclusively]: readonly [string, string],
  limit: number | bigint,
): string {
  const bound = `${inclusive === false ? exclusively : inclusively} ${limit}`;
  const counted = (unit: string) => `${bound} ${unit}${Number(limit) === 1 ? '' : 's'}`;
  if (origin === 'string') return `a string of ${counted('character')}`;
  return origin === 'array' || origin === 'set' ? counted('element') : bound;
}

/** A schema gives the fix itself as `params.fix`, or writes its reason as `must be a DNS label`, which says what to pass. */
function fixOfSchema(issue: Issue): string {
  if (issue.code === 'custom' && typeof issue.params?.['fix'] === 'string')
    return issue.params['fix'];
  const wanted = /^must be (.+)$/.exec(issue.message)?.[1];
  return wanted === undefined ? 'remove it, or pass another value' : `pass ${wanted}`;
}
