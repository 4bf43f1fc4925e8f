import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import * as pulumi from '@pulumi/pulumi';
import { readStack, stackValues } from '../../infra/config';
import { policyHash } from '../../policy/model/policy-hash';
import shipped from '../../sandbox.config';
import { makeScratch, type Scratch } from '../local/scratch';

let scratch: Scratch;
beforeEach(() => {
  scratch = makeScratch();
  process.env['SECURE_AI_CACHE'] = join(scratch.folder, 'cache');
});
afterEach(() => {
  delete process.env['SECURE_AI_CACHE'];
  scratch.remove();
});

/** A settings file that exports this. */
function settingsFile(expression: string): string {
  const file = join(scratch.folder, 'settings.js');
  const constructs = JSON.stringify(join(__dirname, '../../constructs'));
  const body = `exports.__esModule = true;\nconst { defineSandbox } = require(${constructs});\nexports.default = ${expression};\n`;
  writeFileSync(file, body);
  return file;
}

async function refusal(values: Readonly<Record<string, unknown>>): Promise<unknown> {
  return readStack(values).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

/** Path and reason of everything that is wrong. */
async function problemsOf(values: Readonly<Record<string, unknown>>): Promise<string[]> {
  const error = await refusal(values);
  if (!pulumi.InputPropertiesError.isInstance(error))
    throw new Error('no error of properties', { cause: error });
  return error.errors.map(({ propertyPath, reason }) => `${propertyPath}: ${reason}`);
}

test('an existing cluster gets the platform as the settings file says', async () => {
  const { name, sandbox } = await readStack({ cluster: 'existing' });
  expect(name).toBe('secure-ai');
  expect(sandbox).toEqual(shipped);
});

test('another settings file is another platform', async () => {
  const settings = settingsFile(
    `defineSandbox({ policy: { runtimes: [{ name: 'only', runtimeClassName: 'gvisor', handler: 'runsc' }] } })`,
  );
  const { sandbox } = await readStack({ cluster: 'existing', settings });
  expect(sandbox.policy.runtimes.map(({ name }) => name)).toEqual(['only']);
  expect(policyHash(sandbox.policy)).not.toBe(policyHash(shipped.policy));
});

test('how an existing cluster is reached is a secret, and nothing else is', async () => {
  const stack = await readStack({ cluster: 'existing', kubeconfig: 'text', context: 'production' });
  const { kubeconfig, context, dependsOn } = await stack.create();
  if (kubeconfig === undefined) throw new Error('no kubeconfig');
  expect(await pulumi.isSecret(kubeconfig)).toBe(true);
  expect([context, dependsOn]).toEqual(['production', []]);
});

test('all problems are reported together, in the stack and in its settings file', async () => {
  const settings = settingsFile(
    `defineSandbox({ policy: { runtimes: [] }, tenants: [{ name: 'kube-system' }] })`,
  );
  const found = await problemsOf({ cluster: 'minikube', name: 'No Name', settings });
  expect(found).toEqual([
    expect.stringMatching(/^cluster: /),
    expect.stringMatching(/^name: must be lower-case letters/),
    expect.stringContaining('settings.js policy.runtimes: '),
    expect.stringContaining('settings.js tenants[0].name: '),
  ]);
});

test('keys of another kind of cluster are refused', async () => {
  expect(await problemsOf({ cluster: 'existing', region: 'europe-west4' })).toEqual([
    expect.stringMatching(/^stack: .*region.* Fix: remove region/),
  ]);
});

test('a settings file that is not there is named', async () => {
  expect(await problemsOf({ cluster: 'existing', settings: 'nowhere.ts' })).toEqual([
    expect.stringMatching(/^settings: file nowhere\.ts does not exist/),
  ]);
});

test('a settings file that configures nothing is named', async () => {
  expect(await problemsOf({ cluster: 'existing', settings: settingsFile('undefined') })).toEqual([
    expect.stringMatching(/^settings: the default export of .*settings\.js is not a configuration/),
  ]);
});

test('a local cluster that does not run is not started by a preview', async () => {
  expect(await problemsOf({ cluster: 'local', name: 'absent' })).toEqual([
    expect.stringMatching(
      /^name: no local cluster "absent" is running\. Fix: start it with "npx secure-ai up --cluster-only --cluster absent"/,
    ),
  ]);
});

test('what Pulumi prints says everything, with the code first and no stack of ours', async () => {
  const error = (await refusal({
    cluster: 'existing',
    region: 'x',
    settings: 'nowhere.ts',
  })) as Error;
  expect(error.message).toMatch(
    /^STACK_INVALID .*\n {2}.*region.*\n {2}settings: file .* does not exist/,
  );
  expect(inspect(error)).toBe(error.message);
});

test('texts stay texts, JSON is read, what is empty is left out', () => {
  pulumi.runtime.setAllConfig({
    'secure-ai-sandbox:kubernetesVersion': '1.36',
    'secure-ai-sandbox:kataPool': '{"maxNodes":3}',
    'secure-ai-sandbox:private': 'true',
    'secure-ai-sandbox:region': '',
    'secure-ai-sandbox:gvisorPool': '{}',
    'gcp:project': 'other',
  });
  expect(stackValues()).toEqual({
    kubernetesVersion: '1.36',
    kataPool: { maxNodes: 3 },
    private: true,
  });
});
