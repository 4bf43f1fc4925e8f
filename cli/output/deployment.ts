/** Renders the progress and result of a deployment as sentences. */
import type { DeployEvent, DeployReport } from '../../deploy/apply';
import type { Progress } from '../../local/progress';

export function describeProgress({ message, done, total, elapsedSeconds }: Progress): string {
  if (done === undefined) return message;
  const seconds = Math.round(elapsedSeconds);
  const packages = total === 1 ? 'package' : 'packages';
  return `${message}: ${done} of ${total} ${packages}${seconds > 0 ? `, ${seconds} s` : ''}`;
}

export function describeEvent(event: DeployEvent): string {
  switch (event.type) {
    case 'applied':
      return `${event.done}/${event.total} ${event.id} ${event.outcome}`;
    case 'waiting':
      return `${event.id}: waiting until ${event.awaited} (${event.seen})`;
    case 'ready':
      return `${event.id} ready`;
    case 'failed':
      return `${event.id} failed: ${event.reason}`;
    case 'deleting':
      return `delete ${event.id}, which is no longer configured`;
  }
}

export function describeReport({ created, configured, unchanged, pruned }: DeployReport): string {
  const kept = pruned.kept.map(({ id, reason }) => `; kept ${id}: ${reason}`).join('');
  return (
    `${created} created, ${configured} configured, ${unchanged} unchanged, ` +
    `${pruned.deleted.length} deleted${kept}`
  );
}
