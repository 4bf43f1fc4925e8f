/** Labels of the objects this project owns (kubernetes.io, "Recommended Labels"). */
import { VERSIONS } from '../../base/versions';

const NAME = 'app.kubernetes.io/name';

/** Labels for the metadata of an object that belongs to the component `name`. */
export function platformLabels(name: string): Record<string, string> {
  return {
    [NAME]: name,
    'app.kubernetes.io/part-of': 'secure-ai-sandbox',
    'app.kubernetes.io/managed-by': 'cdk8s',
    'app.kubernetes.io/version': VERSIONS.sandbox,
  };
}

/** Labels that select the pods of the component `name`: they outlive an upgrade, so the version is not among them. */
export function selectorLabels(name: string): Record<string, string> {
  return { [NAME]: name };
}
