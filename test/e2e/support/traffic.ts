/** A steady stream of pod creations, to see what becomes of each while something changes. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from './api-server';
import type { Platform } from './platform';
import { messageOf, sandboxOf, tryPod } from './pods';
import { NotYet, until } from './wait';

/** Creations under way at once. */
const IN_FLIGHT = 4;

/** From one creation to the next, of each of them: so much that there is time for what changes, on two cores too. */
const PACE_MILLISECONDS = 40;

export interface Traffic {
  /** Waits until this many more have been answered. */
  flows(count?: number): Promise<void>;
  /** Ends the stream; gives how many pods there were of each outcome: the runtime they got, or what went wrong. */
  stop(): Promise<Readonly<Record<string, number>>>;
}

/** Creates this pod over and over, as dry runs. */
export function startTraffic(platform: Platform, body: Parameters<typeof tryPod>[1]): Traffic {
  const outcomes: string[] = [];
  let stopped = false;
  const worker = async (): Promise<void> => {
    while (!stopped) {
      outcomes.push(
        await tryPod(platform, body).then(outcomeOf, (error: Error) => `lost: ${error.message}`),
      );
      await pause(PACE_MILLISECONDS);
    }
  };
  const workers = Array.from({ length: IN_FLIGHT }, worker);
  return {
    flows: async (count = 20) => {
      const enough = outcomes.length + count;
      await until('traffic', () => outcomes.length >= enough || new NotYet(outcomes.length));
    },
    stop: async () => {
      stopped = true;
      await Promise.all(workers);
      const counts: Record<string, number> = {};
      for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
      return counts;
    },
  };
}

/** `kata` for a pod that came back wholly as the mutator decided, and else what is wrong. */
function outcomeOf(answer: Answer): string {
  if (answer.status !== 201) return `refused: ${messageOf(answer.body)}`;
  const { label, runtimeClassName, decision } = sandboxOf(answer);
  if (decision === undefined || runtimeClassName === undefined) return 'unmutated';
  const whole = decision.runtime === label && decision.runtime === runtimeClassName;
  return whole ? label : `half mutated: ${JSON.stringify({ label, runtimeClassName, decision })}`;
}
