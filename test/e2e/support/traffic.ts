/** A steady stream of pod creations, to see what becomes of each while something changes. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from '../../fixtures/api-server';
import type { Platform } from './platform';
import { messageOf, sandboxOf, tryPod } from '../../fixtures/pods';
import { NotYet, until } from './wait';

const CREATIONS_PER_SECOND = 50;

/** Creations under way at once: where answers take long, more would only queue in the API server. */
const MOST_IN_FLIGHT = 50;

/** How far a stream that was held up may be behind its pace, to catch up; what is due longer is left out. */
const CATCH_UP_MILLISECONDS = 1_000;

export interface Traffic {
  /** Waits until this many more have been answered. */
  flows(count?: number): Promise<void>;
  /** Ends the stream; gives how many pods there were of each outcome: the runtime they got, or what went wrong. */
  stop(): Promise<Readonly<Record<string, number>>>;
}

/** Creates this pod 50 times a second, as dry runs; says at the end how many it were, for people who read the log. */
export function startTraffic(platform: Platform, body: Parameters<typeof tryPod>[1]): Traffic {
  const outcomes: string[] = [];
  const inFlight = new Set<Promise<void>>();
  const create = async () => {
    const outcome = tryPod(platform, body).then(outcomeOf);
    outcomes.push(await outcome.catch((error: Error) => `lost: ${error.message}`));
  };
  const began = performance.now();
  let stopped = false;
  const sending = (async () => {
    for (let due = began; !stopped;) {
      await pause(due - performance.now());
      while (inFlight.size >= MOST_IN_FLIGHT) await Promise.race(inFlight);
      const creation = create().then(() => void inFlight.delete(creation));
      inFlight.add(creation);
      const next = due + 1_000 / CREATIONS_PER_SECOND;
      due = Math.max(next, performance.now() - CATCH_UP_MILLISECONDS);
    }
    await Promise.all(inFlight);
  })();
  return {
    flows: async (count = CREATIONS_PER_SECOND) => {
      const enough = outcomes.length + count;
      await until('traffic', () => outcomes.length >= enough || new NotYet(outcomes.length));
    },
    stop: async () => {
      stopped = true;
      await sending;
      const counts: Record<string, number> = {};
      for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
      say(counts, outcomes.length / ((performance.now() - began) / 1_000));
      return counts;
    },
  };
}

function say(counts: Readonly<Record<string, number>>, perSecond: number): void {
  const { currentTestName = 'traffic' } = expect.getState();
  const rate = `${perSecond.toFixed(0)} creations a second`;
  process.stderr.write(`${currentTestName}: ${rate}, ${JSON.stringify(counts)}\n`);
}

/** `kata` for a pod that came back wholly as the mutator decided, and else what is wrong. */
function outcomeOf(answer: Answer): string {
  if (answer.status !== 201) return `refused: ${messageOf(answer.body)}`;
  const { label, runtimeClassName, decision } = sandboxOf(answer);
  if (decision === undefined || runtimeClassName === undefined) return 'unmutated';
  const whole = decision.runtime === label && decision.runtime === runtimeClassName;
  return whole ? label : `half mutated: ${JSON.stringify({ label, runtimeClassName, decision })}`;
}
