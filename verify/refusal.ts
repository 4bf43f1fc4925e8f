/** Checks that admission refuses a pod with the policy's message: through the API server, and Gatekeeper alone. */
import type { KubernetesObject } from '../kubernetes/object';
import { admit } from './admit';
import { askAlone, LAYER_NAMES, layerOf, type AloneAnswer } from './layers';
import { fail, pass, type Evidence, type Outcome, type VerifyContext } from './step';

const GATEKEEPER_FIX = {
  path: 'Gatekeeper',
  fix: 'check the steps webhook-gatekeeper, constraints and exemptions, and deploy the platform again',
};

/**
 * Passes if admission refuses the pod, its answer contains the exact message, and Gatekeeper alone refuses with the
 * same message. If Gatekeeper cannot be asked directly, the outcome says so.
 */
export async function refused(
  context: VerifyContext,
  pod: KubernetesObject,
  message: string,
): Promise<Outcome> {
  const admission = await admit(context, pod);
  if (admission.admitted) return fail('the pod was admitted');
  const answeredBy = layerOf(admission.message);
  const [gatekeeperAlone, mutatorAlone] = await Promise.all([
    askAlone(context, 'gatekeeper', pod),
    askAlone(context, 'mutator', pod),
  ]);
  const evidence: Evidence = {
    answer: admission.message,
    answeredBy,
    gatekeeperAlone,
    mutatorAlone,
  };
  if (!admission.message.includes(message))
    return fail(`refused with another message: ${admission.message}`, evidence);
  const flaw = gatekeeperFlaw(gatekeeperAlone, message);
  if (flaw !== undefined) return fail(flaw, evidence, [{ ...GATEKEEPER_FIX, reason: flaw }]);
  const alone = [
    describe('Gatekeeper', gatekeeperAlone),
    // If the mutator answered, its refusal is already shown.
    ...(answeredBy === 'mutator' ? [] : [describe('the mutator', mutatorAlone)]),
  ];
  return pass(`${message} (${[LAYER_NAMES[answeredBy], ...alone].join('; ')})`, evidence);
}

function gatekeeperFlaw(answer: AloneAnswer, message: string): string | undefined {
  if (typeof answer === 'string') return undefined;
  if (answer.allowed) return 'Gatekeeper alone admits the pod';
  return answer.message.includes(message)
    ? undefined
    : `Gatekeeper alone refuses with another message: ${answer.message}`;
}

function describe(layer: string, answer: AloneAnswer): string {
  if (typeof answer === 'string') return `${layer} alone ${answer}`;
  return `${layer} alone ${answer.allowed ? 'admits' : 'refuses too'}`;
}
