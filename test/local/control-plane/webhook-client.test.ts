import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { controlPlanePaths } from '../../../local/control-plane/commands';
import { PKI_FILES, WEBHOOK_CLIENT_NAME, writePki } from '../../../local/control-plane/pki';
import { webhookClientCa, writeWebhookClient } from '../../../local/control-plane/webhook-client';
import { forLocalCluster } from '../../../infra/clusters/local-settings';
import config from '../../../sandbox.config';

/** On a busy computer the RSA key for tokens takes seconds. */
let stateDir: string;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'control-plane-'));
});

afterEach(() => rm(stateDir, { recursive: true, force: true }));

const makePki = () =>
  writePki(controlPlanePaths(stateDir).pki, {
    hostAddress: '192.0.2.1',
    serviceAddress: '10.96.0.1',
  });

interface Named {
  readonly users: readonly { readonly name: string; readonly user: Record<string, string> }[];
}

test('the certificate is for clients, and of a CA that signs nothing else', async () => {
  await makePki();
  const { pki } = controlPlanePaths(stateDir);
  const read = async (name: string) =>
    new X509Certificate(await readFile(join(pki, `${name}.crt`)));
  const ca = await read(PKI_FILES.webhookClientCa);
  const client = await read(PKI_FILES.webhookClient);
  expect(client.subject).toBe(`CN=${WEBHOOK_CLIENT_NAME}`);
  expect(client.verify(ca.publicKey)).toBe(true);
  // clientAuth, RFC 5280 section 4.2.1.12
  expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect((await read(PKI_FILES.kubeletClient)).verify(ca.publicKey)).toBe(false);
});

test('it is shown to our webhook and to no other', async () => {
  await writeWebhookClient(stateDir);
  const { admissionConfig, webhookKubeconfig } = controlPlanePaths(stateDir);
  const { plugins } = parse(await readFile(admissionConfig, 'utf8')) as {
    plugins: { name: string; configuration: { kubeConfigFile: string } }[];
  };
  expect(plugins.map(({ name, configuration }) => [name, configuration.kubeConfigFile])).toEqual([
    ['MutatingAdmissionWebhook', webhookKubeconfig],
    ['ValidatingAdmissionWebhook', webhookKubeconfig],
  ]);
  const kubeconfig = parse(await readFile(webhookKubeconfig, 'utf8')) as Named;
  expect(kubeconfig.users.map(({ name }) => name)).toEqual([
    'ai-runtime-mutator.gatekeeper-system.svc',
  ]);
  expect(kubeconfig).not.toHaveProperty('current-context');
});

test('the platform of such a cluster answers its API server only', async () => {
  await makePki();
  const ca = await webhookClientCa(stateDir);
  const { webhook } = (await forLocalCluster(stateDir))(config);
  expect(webhook.clientCertificates).toEqual({ ca, commonName: WEBHOOK_CLIENT_NAME });
});

test('a cluster of an older version goes on without, and says how to have it', async () => {
  const said: string[] = [];
  const profile = await forLocalCluster(stateDir, ({ message }) => void said.push(message));
  expect(profile(config).webhook.clientCertificates).toBeUndefined();
  expect(said).toEqual([expect.stringContaining('secure-ai down') as string]);
});
