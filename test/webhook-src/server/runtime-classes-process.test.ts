/** The RuntimeClasses of the real program: read beside the policy, and both reloaded as one. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PatchOperation } from '../../../policy/decision/decision';
import { POLICY, run, type Running } from '../../fixtures/running-webhook';
import { metric, post, review } from '../../fixtures/webhook-calls';

const LIMIT_MS = 30_000;
const FAILING = 'secure_ai_mutator_reload_failing{what="policy"}';

const classesWith = (memory: string) => [
  { name: 'gvisor', overhead: { memory: '1Mi' } },
  { name: 'kata', overhead: { memory } },
];

/** Its record says that the mutator chose gVisor; a container of the rule `heavy`, which wants Kata, came later. */
const INJECTED = {
  metadata: {
    name: 'p',
    labels: { 'secure-ai.io/runtime': 'gvisor' },
    annotations: {
      'secure-ai.io/decision':
        '{"runtime":"gvisor","source":"default","rules":[],"policy":"000000000000"}',
    },
  },
  spec: {
    runtimeClassName: 'gvisor',
    overhead: { memory: '1Mi' },
    containers: [{ name: 'c', image: 'pytorch/x' }],
  },
};

let directory: string;
let file: string;
let server: Running;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'runtime-classes-'));
  file = join(directory, 'runtime-classes.json');
  writeFileSync(file, JSON.stringify(classesWith('320Mi')));
  server = await run({ flags: [`--runtime-classes-file=${file}`] });
});

afterEach(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

function replace(path: string, content: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify(content));
  renameSync(`${path}.new`, path);
}

/** What the patch does to each place. */
async function patched(object: unknown): Promise<Readonly<Record<string, unknown>>> {
  const { body } = await post(server, { body: review(object) });
  const { patch = '' } = (JSON.parse(body) as { response: { patch?: string } }).response;
  const operations = JSON.parse(
    Buffer.from(patch, 'base64').toString() || '[]',
  ) as PatchOperation[];
  return Object.fromEntries(
    operations.map((operation) => [
      operation.path,
      operation.op === 'remove' ? undefined : operation.value,
    ]),
  );
}

const exchangedFor = (memory: string) =>
  expect.objectContaining({
    '/spec/runtimeClassName': 'kata',
    '/spec/overhead': { memory },
  }) as unknown;

const next = (level: string) =>
  server.line((line) => line['level'] === level && line['what'] === 'policy', server.lines.length);

it(
  'the class of a pod that was changed after the mutator is exchanged with its overhead, small pod or large',
  async () => {
    expect(await patched(INJECTED)).toEqual(exchangedFor('320Mi'));
    const env = Array.from({ length: 3_000 }, (_, index) => ({ name: `N${index}`, value: 'x' }));
    const large = { ...INJECTED.spec, containers: [{ name: 'c', image: 'pytorch/x', env }] };
    expect(await patched({ ...INJECTED, spec: large })).toEqual(exchangedFor('320Mi'));
  },
  LIMIT_MS,
);

it(
  'another file is taken without another policy',
  async () => {
    const taken = next('info');
    replace(file, classesWith('640Mi'));
    await taken;
    expect(await patched(INJECTED)).toEqual(exchangedFor('640Mi'));
  },
  LIMIT_MS,
);

it(
  'an invalid file keeps the old pair, also where the policy is a good one; a valid file brings both',
  async () => {
    const refused = next('error');
    replace(file, [{ name: '' }]);
    expect((await refused)['reason']).toMatch(/^RUNTIME_CLASSES_INVALID /);
    replace(server.policyFile, { ...POLICY, unlabelled: { assign: 'kata' } });
    const refusedAgain = next('error');
    replace(file, [{ name: 7 }]);
    await refusedAgain;
    expect(await metric(server, FAILING)).toBe(1);
    const silent = { ...INJECTED, spec: { containers: [{ name: 'c', image: 'x' }] } };
    expect(await patched({ ...silent, metadata: { name: 'p' } })).toMatchObject({
      '/spec/runtimeClassName': 'gvisor',
    });
    expect(await patched(INJECTED)).toEqual(exchangedFor('320Mi'));

    const taken = next('info');
    replace(file, classesWith('640Mi'));
    await taken;
    expect(await metric(server, FAILING)).toBe(0);
    expect(await patched({ ...silent, metadata: { name: 'p' } })).toMatchObject({
      '/spec/runtimeClassName': 'kata',
    });
    expect(await patched(INJECTED)).toEqual(exchangedFor('640Mi'));
  },
  LIMIT_MS,
);
