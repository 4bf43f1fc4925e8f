/** What Pulumi's engine tells of its work, one event a line (`--event-log`, as the Automation API reads it). */
import { existsSync, readFileSync } from 'node:fs';
import type { EngineEvent, OpMap } from '@pulumi/pulumi/automation';

export interface EngineLog {
  /** Finished steps of the objects of the chart: the operation by the name of the object, those that are `same` left out. */
  readonly operations: ReadonlyMap<string, string>;
  /** How many resources of the stack each operation had, once it has ended. */
  readonly changes: OpMap | undefined;
  /** Messages of severity error. */
  readonly errors: readonly string[];
}

export function readEngineLog(file: string): EngineLog {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  // The last line may be half written.
  const events = lines.slice(0, -1).map((line) => JSON.parse(line) as EngineEvent);
  const operations = new Map<string, string>();
  for (const { resOutputsEvent } of events) {
    const { urn = '', op = 'same' } = resOutputsEvent?.metadata ?? {};
    const [, , types = '', ...name] = urn.split('::');
    if (op !== 'same' && types.includes('SynthesizedChart$')) operations.set(name.join('::'), op);
  }
  return {
    operations,
    changes: events.find(({ summaryEvent }) => summaryEvent)?.summaryEvent?.resourceChanges,
    errors: events.flatMap(({ diagnosticEvent: event }) =>
      event?.severity === 'error' ? [event.message] : [],
    ),
  };
}
