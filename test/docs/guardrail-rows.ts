/** The rows of the table of guardrails in docs/policy.md. */
import type { Guardrails } from '../../policy/model/runtime-policy';

/** What a value opens. The values that open nothing, `deny`, `warn` and `audit`, are the same for every guardrail. */
interface Opening<Value> {
  readonly value: Value;
  readonly opens: string;
}

export interface GuardrailRow<Value> {
  /** What it refuses. */
  readonly closedFor: string;
  readonly openings: readonly [Opening<Value>, ...Opening<Value>[]];
}

export const GUARDRAIL_ROWS: {
  readonly [Name in keyof Guardrails]-?: GuardrailRow<NonNullable<Guardrails[Name]>>;
} = {
  hostPaths: {
    closedFor: 'volumes of kind hostPath',
    openings: [
      {
        value: { readOnly: ['/var/log/*'], otherwise: 'deny' },
        opens:
          'these paths, exact or glob, where every container mounts them with `readOnly: true`: their files on the node can be read; `otherwise` is for all else',
      },
      { value: 'allow', opens: 'every file of the node, to read and to write' },
    ],
  },
  hostNetwork: {
    closedFor: '`hostNetwork: true`',
    openings: [
      {
        value: 'allow',
        opens: 'the network of the node: its interfaces, its loopback, its metadata server',
      },
    ],
  },
  hostPID: {
    closedFor: '`hostPID: true`',
    openings: [
      {
        value: 'allow',
        opens: 'the processes of the node, to see and, with the rights, to signal',
      },
    ],
  },
  hostIPC: {
    closedFor: '`hostIPC: true`',
    openings: [{ value: 'allow', opens: 'the shared memory of the node' }],
  },
  privileged: {
    closedFor: 'privileged containers',
    openings: [
      {
        value: 'kata-only',
        opens:
          'them in runtimes whose handler begins with `kata`, where root is root of the guest and not of the node',
      },
      { value: 'allow', opens: 'them in every runtime' },
    ],
  },
  systemPriority: {
    closedFor: 'priority classes `system-*`',
    openings: [{ value: 'allow', opens: 'the priority that evicts all other pods' }],
  },
  nodeName: {
    closedFor: 'new pods that name their node',
    openings: [
      {
        value: 'allow',
        opens: 'the way past the scheduler: taints, node selectors, free resources',
      },
    ],
  },
  sandboxAnnotations: {
    closedFor:
      'annotations `io.katacontainers.*` and `dev.gvisor.*` that `allowedAnnotations` of the runtime does not name',
    openings: [{ value: 'allow', opens: 'every setting of the sandbox that its runtime obeys' }],
  },
  windows: {
    closedFor: 'pods for Windows',
    openings: [{ value: 'allow', opens: 'pods that no sandbox of this platform can run' }],
  },
};
