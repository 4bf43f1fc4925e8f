import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { loadSdk } from '../../../infra/clusters/cloud-sdk';
import { gke } from '../../../infra/clusters/gke';
import { SandboxError } from '../../../base/errors';
import { registrationsOf } from '../registrations';
import { platform } from './support';

const ROOT = join(__dirname, '../../..');

/** Cloud SDKs a fresh process has loaded after running this, `import`s being relative to the project. */
function loadedAfter(script: string): unknown {
  const report = `
    const found = Object.keys(require.cache).flatMap((file) => /@pulumi[\\\\/](gcp|aws|azure-native)[\\\\/]/.exec(file)?.[1] ?? []);
    process.stdout.write(JSON.stringify([...new Set(found)].sort()));`;
  const program = `(async () => { ${script} })().then(() => { ${report} })`;
  const args = ['-r', 'ts-node/register', '-e', program];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }));
}

test('describing and judging a stack loads no SDK, whatever the cloud', () => {
  const loaded = loadedAfter(`
    const { default: sandbox } = require('./sandbox.config');
    const kinds = ['gke', 'eks', 'aks', 'existing', 'local'].map((kind) => require('./infra/clusters/' + kind)[kind]);
    if (kinds.some((kind) => kind === undefined)) throw new Error('a kind is missing');
    const { gke, eks, aks } = Object.fromEntries(kinds.map((kind, i) => [['gke', 'eks', 'aks'][i], kind]));
    const place = { authorizedNetworks: ['203.0.113.7/32'] };
    gke.problems(gke.schema.parse({ ...place, project: 'my-project', region: 'europe-west4' }), sandbox);
    eks.problems(eks.schema.parse({ ...place, region: 'eu-central-1' }), sandbox);
    aks.problems(aks.schema.parse({ ...place, region: 'westeurope' }), sandbox);`);
  expect(loaded).toEqual([]);
}, 60_000);

test.each([
  ['gke', 'gcp', `{ project: 'my-project', region: 'europe-west4' }`],
  ['eks', 'aws', `{ region: 'eu-central-1' }`],
  ['aks', 'azure-native', `{ region: 'westeurope' }`],
])(
  'creating a cluster of %s loads @pulumi/%s and no other',
  (kind, sdk, values) => {
    const loaded = loadedAfter(`
      const pulumi = require('@pulumi/pulumi');
      const learned = { masterAuth: {}, certificateAuthority: {}, kubernetesNetworkConfig: {}, vpcConfig: {} };
      await pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: { ...inputs, ...learned } }), call: () => ({ names: ['a', 'b'], kubeconfigs: [] }) });
      const { default: sandbox } = require('./sandbox.config');
      const { ${kind} } = require('./infra/clusters/${kind}');
      await ${kind}.create('prod', ${kind}.schema.parse(${values}), sandbox);`);
    expect(loaded).toEqual([sdk]);
  },
  60_000,
);

function notFound(module: string): Error {
  return Object.assign(new Error(`Cannot find module '${module}'`), { code: 'MODULE_NOT_FOUND' });
}

test('an SDK that is not installed is an error that says how to install it', async () => {
  const load = () => Promise.reject(notFound('@pulumi/gcp/container'));
  const error = await loadSdk('@pulumi/gcp', load).catch((thrown: unknown) => thrown);
  if (!(error instanceof SandboxError)) throw new Error('another error', { cause: error });
  expect(error.code).toBe('CLOUD_SDK_MISSING');
  expect(error.problems[0].fix).toContain('npm install');
  expect(error.problems[0].fix).toContain('@pulumi/gcp');
});

test('without the SDK of its cloud a cluster registers nothing', async () => {
  jest.doMock('@pulumi/gcp/compute', () => {
    throw notFound('@pulumi/gcp/compute');
  });
  const settings = gke.schema.parse({ project: 'my-project', region: 'europe-west4' });
  let code: unknown;
  const registered = await registrationsOf(async () => {
    await gke.create('prod', settings, platform()).catch((error: SandboxError) => {
      code = error.code;
    });
  });
  jest.dontMock('@pulumi/gcp/compute');
  expect(code).toBe('CLOUD_SDK_MISSING');
  expect(registered).toEqual([]);
});

test('whatever else goes wrong while it loads stays what it is', async () => {
  const other = notFound('@pulumi/pulumi');
  await expect(loadSdk('@pulumi/gcp', () => Promise.reject(other))).rejects.toBe(other);
});
