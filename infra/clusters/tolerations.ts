/** Whether a toleration tolerates a taint. */
import type { Taint } from './pools';

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

/** As the scheduler matches a NoSchedule taint (Kubernetes core/v1 Toleration). */
export function tolerates(toleration: Toleration, { key, value }: Taint): boolean {
  const { effect = 'NoSchedule', operator = 'Equal' } = toleration;
  if (effect !== 'NoSchedule') return false;
  if (operator === 'Exists') return toleration.key === undefined || toleration.key === key;
  return toleration.key === key && (toleration.value ?? '') === value;
}
