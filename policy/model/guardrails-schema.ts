/** zod schemas of the guardrails: what no pod may have, because it leads around a sandbox, and who opens it. */
import { z } from 'zod';
import { patternText } from './texts';

/** `deny` refuses, `warn` admits with the same message as a warning, `audit` only reports. */
export const enforcementSchema = z.enum(['deny', 'warn', 'audit']);

/** How strictly a guardrail is meant; `allow` opens it. */
const guardrail = z.enum([...enforcementSchema.options, 'allow']).optional();

/** An absolute path without `..`, or a glob for such paths. */
const hostPath = patternText(
  /^\/(?!.*(?:\/\/|\/\.{0,2}(?:\/|$))).+$/,
  1024,
  'must be an absolute path, or a glob for such paths',
  'use a path such as "/var/log" or a glob such as "/var/log/*"',
);

/** Each guardrail and what opens it. Every default is `deny`. */
export const guardrailsSchema = z.strictObject({
  /**
   * Volumes of kind hostPath. `readOnly` opens these paths, exact or glob, where every container mounts them with `readOnly: true`:
   * their files on the node can be read from inside the sandbox. `otherwise` says what all else is.
   */
  hostPaths: z
    .union(
      [
        z.enum([...enforcementSchema.options, 'allow']),
        z.strictObject({
          readOnly: z.array(hostPath).min(1).max(64),
          otherwise: enforcementSchema.default('deny'),
        }),
      ],
      { error: 'must be "deny", "warn", "audit", "allow" or { readOnly: [paths] }' },
    )
    .optional(),
  /** `allow` opens the network of the node: its interfaces, its loopback, its metadata server. */
  hostNetwork: guardrail,
  /** `allow` shows the processes of the node, to all who may signal them. */
  hostPID: guardrail,
  /** `allow` opens the shared memory of the node. */
  hostIPC: guardrail,
  /** `kata-only` allows it in runtimes whose handler is Kata's, where the root of the guest is not that of the node; `allow` in all. */
  privileged: z.enum([...enforcementSchema.options, 'kata-only', 'allow']).optional(),
  /** `allow` lets pods have the priority classes `system-*`, which evict all others. */
  systemPriority: guardrail,
  /** `allow` lets authors name a node and so go past the scheduler: taints, node selectors, room. */
  nodeName: guardrail,
  /** Annotations that configure the sandbox. `allow` opens all of them; `allowedAnnotations` of a runtime opens some. */
  sandboxAnnotations: guardrail,
  /** `allow` lets pods for Windows in, which no sandbox of this platform can run. */
  windows: guardrail,
});
