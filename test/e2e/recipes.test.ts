/**
 * The recipes of docs/policies.md through the real API server, the mutator and Gatekeeper: what becomes of their pods is what the
 * document says, and what the mutator refuses Gatekeeper refuses alone. Always as a dry run.
 */
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { LAYERS, makeLayersOptional, restoreLayers, without } from './support/layers';
import { plannedObjects, type Planned } from './support/planned';
import { connectPlatform, type Platform } from './support/platform';
import { enforce, restorePolicy } from './support/policy-switch';
import type { Answer } from '../fixtures/api-server';
import { messageOf, refusalOf, sandboxOf, tryPod } from '../fixtures/pods';
import { RECIPES } from '../fixtures/recipes';
import { outcomeText, podOf, policyOf, type TriedPod } from '../fixtures/recipes/tried';

jest.setTimeout(600_000);

const PODS = RECIPES.flatMap(({ pods }) => pods.map(podOf));

const NAMESPACES = [...new Set(PODS.map(({ metadata }) => metadata.namespace))];

/** That the recipes name: the API server refuses pods of an account that does not exist. */
const SERVICE_ACCOUNTS = ['log-agent'];

let platform: Platform;
let planned: Planned;

beforeAll(async () => {
  platform = await connectPlatform();
  planned = await plannedObjects(platform);
  for (const name of NAMESPACES)
    await makeNamespace(platform, name, { labels: ENABLED, serviceAccounts: SERVICE_ACCOUNTS });
  await makeLayersOptional(platform, planned, NAMESPACES[0] ?? '');
});

afterAll(async () => {
  // The policy first: a configuration counts as ready again when the mutator answers by the planned one.
  await restorePolicy(platform, planned);
  await restoreLayers(planned);
  await deleteNamespaces(platform, NAMESPACES);
  platform.close();
});

/** As the recipes write it; where something else than the mutator refused, its message. */
function outcomeOf(answer: Answer): string {
  const refusal = refusalOf(answer);
  if (answer.status !== 201 && refusal?.by !== LAYERS.mutator) return messageOf(answer.body);
  const codes = refusal?.message.split('\n').map((line) => line.split(':')[0] ?? '') ?? [];
  const decision = refusal === undefined ? sandboxOf(answer).decision : undefined;
  return outcomeText({
    codes,
    runtime: decision?.runtime,
    source: decision?.source,
    rules: decision?.rules ?? [],
  });
}

/** Without the mutator, so that Gatekeeper alone judges it as it is sent. */
function pastMutator(tried: TriedPod): ReturnType<typeof podOf> {
  const sent = podOf(tried);
  const labels = { ...sent.metadata.labels, ...without('mutator') };
  return { ...sent, metadata: { ...sent.metadata, labels } };
}

const isRefused = ({ outcome }: TriedPod) => /^[A-Z_, ]+$/.test(outcome);

describe.each(RECIPES)('$file', (recipe) => {
  beforeAll(() => enforce(platform, planned, policyOf(recipe)));

  test.each(recipe.pods)('$what: $outcome', async (tried) => {
    expect(outcomeOf(await tryPod(platform, podOf(tried)))).toBe(tried.outcome);
  });

  for (const tried of recipe.pods.filter(isRefused))
    test(`${tried.what} is refused without the mutator too`, async () => {
      const answer = await tryPod(platform, pastMutator(tried));
      expect(refusalOf(answer)?.by ?? messageOf(answer.body)).toBe(LAYERS.gatekeeper);
    });
});
