/** The labels of Pod Security. */
import type { PodSecurityLevel as Level } from './schema';

/** Labels the Pod Security admission plugin reads from a namespace (kubernetes.io, "Pod Security Admission"). */
export function podSecurityLabels(levels: {
  readonly enforce: Level;
  readonly audit: Level;
  readonly warn: Level;
}): Record<string, string> {
  const prefix = 'pod-security.kubernetes.io';
  return Object.fromEntries(
    Object.entries(levels).flatMap(([mode, level]) => [
      [`${prefix}/${mode}`, level],
      [`${prefix}/${mode}-version`, 'latest'],
    ]),
  );
}
