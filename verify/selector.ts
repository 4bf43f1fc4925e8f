/** Label selectors as Kubernetes evaluates them (apimachinery v0.36.3, pkg/labels/selector.go). */
import { listAt, stringAt, valueAt } from '../kubernetes/object';

type Labels = Readonly<Record<string, string>>;

/** Whether a LabelSelector of unknown shape selects the labels. A missing or empty one selects everything. */
export function selects(selector: unknown, labels: Labels): boolean {
  const matchLabels = valueAt(selector, 'matchLabels') ?? {};
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    listAt(selector, 'matchExpressions').every((requirement) => holds(requirement, labels))
  );
}

function holds(requirement: unknown, labels: Labels): boolean {
  const label = labels[stringAt(requirement, 'key') ?? ''];
  const values = listAt(requirement, 'values');
  switch (stringAt(requirement, 'operator') ?? '') {
    case 'In':
      return label !== undefined && values.includes(label);
    case 'NotIn':
      return label === undefined || !values.includes(label);
    case 'Exists':
      return label !== undefined;
    case 'DoesNotExist':
      return label === undefined;
    default:
      return false;
  }
}
