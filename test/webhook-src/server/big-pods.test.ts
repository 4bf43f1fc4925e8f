/** Big pods, asked of the real program and of explain: both let them through, and both name what is too big. */
import { Agent } from 'node:https';
import { explainPod } from '../../../cli/explain/explain';
import { refuseTooLarge } from '../../../cli/explain/limits';
import { podsOf } from '../../../cli/explain/manifests';
import { parsePolicy } from '../../../policy/model/define';
import type { SandboxError } from '../../../base/errors';
import { BIG_PODS, MANAGED_POD, TOO_COSTLY_POD, type BigPod } from '../../fixtures/big-pods';
import { POLICY, run, type Running } from '../../fixtures/running-webhook';
import { metric, post, review } from '../../fixtures/webhook-calls';

let server: Running;
let agent: Agent;

beforeAll(async () => {
  server = await run();
  agent = new Agent({ keepAlive: true, ca: server.authority.certificate });
}, 60_000);

afterAll(async () => {
  agent.destroy();
  await server.stop();
});

interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patch?: string;
  readonly status?: object;
}

const UID = 'f0b1a2c3-0000-4000-8000-000000000000';

async function ask(body: string): Promise<Response> {
  const answer = await post(server, { body, agent });
  expect([answer.status, answer.body]).toEqual([200, expect.any(String)]);
  return (JSON.parse(answer.body) as { response: Response }).response;
}

const named = ({ metadata }: BigPod) => ({ name: metadata.name, namespace: 'team-a' });

const LIMIT_MS = 60_000;

it.each([
  ...Object.entries(BIG_PODS),
  ['4,000 variables with managedFields', MANAGED_POD] as const,
])(
  '%s: admitted by the webhook, explained with the same runtime',
  async (_name, pod) => {
    const { allowed, patch = '' } = await ask(review(pod, named(pod)));
    expect(allowed).toBe(true);
    const [found] = podsOf('f', JSON.stringify(pod));
    if (found === undefined) throw new Error('no pod was found');
    refuseTooLarge([found], parsePolicy(POLICY));
    const explained = explainPod({ ...found, namespace: 'team-a' }, parsePolicy(POLICY));
    expect(explained.runtime).toBe('kata');
    expect(JSON.parse(Buffer.from(patch, 'base64').toString())).toEqual(explained.patch);
  },
  LIMIT_MS,
);

const COST_MESSAGE =
  'POD_TOO_LARGE Pod team-a/arguments: it costs 450NNN units to evaluate, more than the limit of 400000 ' +
  '(40 for each container, 10 for each label, annotation and resource quantity, 1 to 3 for every other value). ' +
  'Fix: split it into several pods, or move environment variables, annotations and other data to ConfigMaps or volumes';

/** The review has a few members more than the manifest. */
const rounded = (message: string): string => message.replace(/costs 450\d{3} /, 'costs 450NNN ');

interface Denial {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
}

async function denialOf(body: string): Promise<Denial> {
  const { uid, allowed, status } = await ask(body);
  expect([uid, allowed]).toEqual([UID, false]);
  return status as Denial;
}

it(
  'beyond the cap on cost: denied by name, with limit, what was found and the fix, and explain says the same',
  async () => {
    const line = 'secure_ai_mutator_requests_total{outcome="too_large"}';
    const before = await metric(server, line);
    const { code, reason, message } = await denialOf(review(TOO_COSTLY_POD, named(TOO_COSTLY_POD)));
    expect([code, reason, rounded(message)]).toEqual([403, 'Forbidden', COST_MESSAGE]);
    expect(await metric(server, line)).toBe(before + 1);

    const found = { source: 'f', pod: TOO_COSTLY_POD, namespace: 'team-a' };
    let thrown: unknown;
    try {
      refuseTooLarge([found], parsePolicy(POLICY));
    } catch (error) {
      thrown = error;
    }
    const error = thrown as SandboxError;
    expect([error.code, error.exitCode, rounded(error.message)]).toEqual([
      'POD_TOO_LARGE',
      1,
      COST_MESSAGE,
    ]);
  },
  LIMIT_MS,
);

it('beyond the cap on depth', async () => {
  const deep = `${'['.repeat(70)}${']'.repeat(70)}`;
  const body = review({ metadata: { generateName: 'deep-' }, x: '@' }).replace('"@"', deep);
  expect(await denialOf(body)).toMatchObject({
    code: 403,
    message:
      'POD_TOO_LARGE Pod ns/deep-*: it nests 73 levels deep, more than the limit of 64. ' +
      'Fix: remove the deeply nested field; no field of a pod nests that deep',
  });
});

it(
  'beyond 7 MiB',
  async () => {
    const body = review({ x: 'x'.repeat(8_000_000) }, { name: 'long' });
    // `name` comes behind the object here; an API server sends it before.
    const [head = '', tail = ''] = body.split('"object"');
    const moved = `${head}"name":"long","object"${tail.replace(',"name":"long"', '')}`;
    expect(await denialOf(moved)).toMatchObject({
      code: 403,
      message:
        `POD_TOO_LARGE Pod ns/long: its review has ${moved.length} bytes, more than the 7340032 that the webhook reads. ` +
        'Fix: move data out of the pod to ConfigMaps, Secrets or volumes',
    });
  },
  LIMIT_MS,
);

it('afterwards the connection and the server are as before', async () => {
  expect((await ask(review())).allowed).toBe(true);
});
