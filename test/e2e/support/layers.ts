/** The two layers that refuse pods, and how to switch one of them off for a single pod. */
import { MUTATOR } from '../../../base/names';
import { passingOver, PLANNED, type Planned } from './planned';
import type { Platform } from './platform';
import { pod, refusalOf, tryPod } from '../../fixtures/pods';
import { NotYet, until } from './wait';

/** Names of the webhooks, as their refusals begin with them. */
export const LAYERS = { mutator: MUTATOR.webhookName, gatekeeper: 'validation.gatekeeper.sh' };

const SKIP = {
  mutator: 'e2e.secure-ai.io/skip-mutator',
  gatekeeper: 'e2e.secure-ai.io/skip-gatekeeper',
} as const;

export type Layer = keyof typeof SKIP;

const CONFIGURATIONS = {
  mutator: PLANNED.mutatorConfiguration,
  gatekeeper: PLANNED.gatekeeperConfiguration,
} as const;

/** Labels of a pod that these layers are not asked about. */
export function without(...layers: readonly Layer[]): Readonly<Record<string, string>> {
  return Object.fromEntries(layers.map((layer) => [SKIP[layer], '']));
}

/** The labels of `without` switch this layer off as soon as the API server has learnt of it. */
export async function makeOptional(planned: Planned, layer: Layer): Promise<void> {
  await planned.change(CONFIGURATIONS[layer], passingOver(SKIP[layer]));
}

/**
 * The labels of `without` have their effect when it returns.
 *
 * @param namespace one the platform is turned on for
 */
export async function makeLayersOptional(
  platform: Platform,
  planned: Planned,
  namespace: string,
): Promise<void> {
  await makeOptional(planned, 'mutator');
  await makeOptional(planned, 'gatekeeper');
  const refuser = async (...off: readonly Layer[]) => {
    const bad = pod({ namespace, label: 'no-such-runtime', labels: without(...off) });
    return refusalOf(await tryPod(platform, bad))?.by;
  };
  await until('each layer can be switched off by a label of the pod', async () => {
    const refusers = [
      await refuser(),
      await refuser('mutator'),
      await refuser('gatekeeper'),
      await refuser('mutator', 'gatekeeper'),
    ];
    const wanted = [LAYERS.mutator, LAYERS.gatekeeper, LAYERS.mutator, undefined];
    return refusers.every((by, index) => by === wanted[index]) || new NotYet(refusers);
  });
}

export async function restoreLayers(planned: Planned): Promise<void> {
  for (const id of Object.values(CONFIGURATIONS)) await planned.restore(id);
}
