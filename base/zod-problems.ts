/** From what zod finds to what a reader can act on. */
import type { z } from 'zod';
import type { Problem } from './errors';

type Issue = z.core.$ZodIssue;

/** Every issue as a problem; paths start at `root`, `rules[2].when` where there is none. */
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
  if (issue.code === 'custom') {
    return typeof issue.params?.['fix'] === 'string' ? issue.params['fix'] : 'correct the value';
  }
  if (issue.code === 'invalid_type') return `give a value of type ${issue.expected}`;
  if (issue.code === 'invalid_value') return `use one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'unrecognized_keys') {
    return `remove ${issue.keys.join(', ')}, or correct the spelling`;
  }
  if (issue.code === 'invalid_key') return issue.issues.map(fixOf).join('; ');
  if (issue.code === 'too_small') return `give at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `give at most ${issue.maximum}`;
  return 'correct the value';
}
