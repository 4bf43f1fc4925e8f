/** Translates the events of Pulumi's engine into the events of a deployment. */
import type { EngineEvent, StepEventMetadata } from '@pulumi/pulumi/automation';
import type { DeployEvent, DeployReport } from '../../deploy/apply';
import type { Applied } from '../../kubernetes/api';
import { SandboxError, type Problem } from '../../base/errors';
import { DEPLOY_ERRORS } from '../../deploy/errors';

type Outcome = Applied['outcome'];

/** The outcome for an object, by the engine's operation. Only the last step of a replacement counts. */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  create: 'created',
  update: 'configured',
  replace: 'configured',
  same: 'unchanged',
};

export interface DeploymentWatch {
  onEvent(event: EngineEvent): void;
  report(): DeployReport;
  /** @param error the error of the engine's process */
  failure(error: unknown): SandboxError;
}

interface WatchOptions {
  /** How many objects the platform has; called once the first of them is done. */
  readonly total: () => number;
  readonly onProgress?: ((event: DeployEvent) => void) | undefined;
}

/** Follows one update. */
export function deploymentWatch({ total, onProgress }: WatchOptions): DeploymentWatch {
  const outcomes = new Map<string, Outcome>();
  const deleted: string[] = [];
  const failures = new Map<string, string>();

  const onStep = ({ urn, op }: StepEventMetadata) => {
    const id = idOf(urn);
    if (id === undefined) return;
    const outcome = OUTCOMES[op];
    if (op === 'delete') deleted.push(id);
    if (outcome === undefined) return;
    outcomes.set(id, outcome);
    onProgress?.({ type: 'applied', id, outcome, done: outcomes.size, total: total() });
  };

  const onDiagnostic = ({
    urn,
    message,
    severity,
  }: NonNullable<EngineEvent['diagnosticEvent']>) => {
    const id = idOf(urn ?? '');
    const text = message.trim();
    // The engine clears a line with an empty one.
    if (text === '') return;
    if (severity === 'error') {
      const path = id ?? 'deployment';
      failures.set(path, [failures.get(path), text].filter(Boolean).join('; '));
      if (id !== undefined) onProgress?.({ type: 'failed', id, reason: text });
    } else if (id !== undefined && severity === 'info') {
      onProgress?.({ type: 'waiting', id, awaited: 'it is ready', seen: text });
    }
  };

  return {
    onEvent: ({ resourcePreEvent, resOutputsEvent, diagnosticEvent }) => {
      const deleting = resourcePreEvent?.metadata;
      const id = deleting?.op === 'delete' ? idOf(deleting.urn) : undefined;
      if (id !== undefined) onProgress?.({ type: 'deleting', id });
      if (resOutputsEvent) onStep(resOutputsEvent.metadata);
      if (diagnosticEvent) onDiagnostic(diagnosticEvent);
    },
    report: () => {
      const count = (wanted: Outcome) =>
        [...outcomes.values()].filter((outcome) => outcome === wanted).length;
      return {
        created: count('created'),
        configured: count('configured'),
        unchanged: count('unchanged'),
        pruned: { deleted, kept: [], failed: [] },
      };
    },
    failure: (error) => {
      const problems = [...failures].map(([path, reason]): Problem => ({
        path,
        reason,
        fix: 'remove the cause that Pulumi reports, and run the same command again: it continues where this one stopped',
      }));
      const [first, ...rest] = problems;
      return new SandboxError(
        DEPLOY_ERRORS.DEPLOY_INCOMPLETE,
        [first ?? unexplained(error), ...rest],
        {
          cause: error,
        },
      );
    },
  };
}

function unexplained(error: unknown): Problem {
  return {
    path: 'pulumi',
    reason: error instanceof Error ? error.message : String(error),
    fix: 'remove the cause that it reports, and run the same command again',
  };
}

/** Name of an object of the platform; undefined for the stack, the provider and the chart itself. */
function idOf(urn: string): string | undefined {
  const [, , types = '', ...name] = urn.split('::');
  return types.includes('SynthesizedChart$') ? name.join('::') : undefined;
}
