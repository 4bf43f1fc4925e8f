import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packageJson from '../../package.json';
import { BIN, runCli, runNode } from './run-cli';

/** Each test starts a process that loads TypeScript. */
const POD = (labels: string, image = 'busybox') => `
apiVersion: v1
kind: Pod
metadata: { name: p, namespace: ai-production, labels: { ${labels} } }
spec: { containers: [{ name: ai-model, image: ${image} }] }
`;

describe('help and version', () => {
  test.concurrent('--help names every verb, with examples and exit codes', async () => {
    const { status, stdout } = await runCli(['--help']);
    expect(status).toBe(0);
    for (const verb of ['up', 'down', 'verify', 'explain', 'doctor', 'synth'])
      expect(stdout).toMatch(new RegExp(`^ {2}${verb}\\b`, 'm'));
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain('Exit codes:');
  });

  test.concurrent.each(['up', 'down', 'verify', 'explain', 'doctor', 'synth'])(
    '%s --help has examples',
    async (verb) => {
      const { status, stdout } = await runCli([verb, '--help']);
      expect(status).toBe(0);
      expect(stdout).toContain(`$ secure-ai ${verb}`);
    },
  );

  test.concurrent('--version prints the version of the package', async () => {
    expect((await runCli(['--version'])).stdout).toBe(`${packageJson.version}\n`);
  });
});

describe('exit code 2, usage', () => {
  test.concurrent.each([
    ['an unknown verb', ['bogus']],
    ['an unknown option', ['up', '--bogus']],
    ['a missing argument', ['explain']],
    ['two kinds of cluster', ['verify', '--cluster', 'a', '--context', 'b']],
    ['a manifest that is not there', ['explain', 'no-such-file.yaml']],
  ])('%s', async (_title, args) => {
    const { status, stdout, stderr } = await runCli(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).not.toContain('UNEXPECTED');
  });
});

describe('exit code 3, environment', () => {
  test.concurrent('a Node.js that is too old: one line that says which is needed', async () => {
    const old = "Object.defineProperty(process.versions, 'node', { value: '18.20.0' })";
    const { status, stderr } = await runNode(['-e', `${old}; require(${JSON.stringify(BIN)})`]);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^secure-ai needs Node\.js 20\.19 or newer .* Fix: .*\n$/);
  });

  test.concurrent('a kubeconfig that is not there', async () => {
    const { status, stderr } = await runCli(['verify', '--kubeconfig', '/does/not/exist']);
    expect(status).toBe(3);
    expect(stderr).toContain('KUBECONFIG_INVALID');
  });

  test.concurrent('a local cluster that does not run', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'secure-ai-'));
    const { status, stderr } = await runCli(['verify'], { env: { SECURE_AI_CACHE: cache } });
    rmSync(cache, { recursive: true });
    expect(status).toBe(3);
    expect(stderr).toMatch(/CLUSTER_UNREACHABLE[^]*Fix: .*secure-ai up/);
  });

  test.concurrent.each(['up', 'down', 'verify'])('%s where no server listens', async (verb) => {
    const kubeconfig = await kubeconfigOfNobody();
    const { status, stdout } = await runCli([verb, '--json', '--kubeconfig', kubeconfig.path]);
    kubeconfig.remove();
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'CLUSTER_UNREACHABLE' } });
  });
});

describe('explain', () => {
  test.concurrent('an admitted pod: exit code 0', async () => {
    const { status, stdout } = await runCli(['explain', '-'], {
      input: POD('secure-ai.io/runtime: gvisor'),
    });
    expect(status).toBe(0);
    expect(stdout).toContain('runtime: gvisor');
  });

  test.concurrent('a refused pod: exit code 1 and the message', async () => {
    const { status, stdout } = await runCli(['explain', '-'], { input: POD('') });
    expect(status).toBe(1);
    expect(stdout).toContain('Pod p requires label secure-ai.io/runtime to use runtime kata');
  });

  test.concurrent(
    '--json is one document, --namespace decides instead of the manifest',
    async () => {
      const { status, stdout } = await runCli(['explain', '--json', '-n', 'elsewhere', '-'], {
        input: POD(''),
      });
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject([
        { namespace: 'elsewhere', runtime: 'kata', chosenBy: 'default', denials: [] },
      ]);
    },
  );
});

test.concurrent('synth --stdout prints every manifest in order of deployment', async () => {
  const { status, stdout } = await runCli(['synth', '--stdout', '--json']);
  const { items } = JSON.parse(stdout) as { items: { kind: string }[] };
  expect(status).toBe(0);
  expect(items[0]?.kind).toBe('Namespace');
  expect(items.at(-1)?.kind).toBe('MutatingWebhookConfiguration');
});

async function kubeconfigOfNobody() {
  const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
  // A port that was free a moment ago: nobody listens there.
  const port = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
  const folder = await mkdtemp(join(tmpdir(), 'secure-ai-'));
  const path = join(folder, 'kubeconfig');
  await writeFile(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${port}` } }],
      users: [{ name: 'u', user: { token: 'none' } }],
    }),
  );
  return { path, remove: () => void rm(folder, { recursive: true }) };
}
