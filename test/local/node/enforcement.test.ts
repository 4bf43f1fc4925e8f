import { NETWORK_NOT_ENFORCED_ANNOTATION } from '../../../base/names';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  POLICY_AGENT_IDENTITY,
  markEnforcement,
  policyAgentObjects,
  policyRules,
  whyNotEnforced,
} from '../../../local/node/network-policies';
import { makeScratch, type Scratch } from '../scratch';

let scratch: Scratch;
beforeEach(() => (scratch = makeScratch()));
afterEach(() => scratch.remove());

/** The part of init.sh that starts enforcement, with programs that behave as given; gives what it started, and why not. */
async function startEnforcement(programs: Readonly<Record<string, string>>) {
  const script = readFileSync(join(__dirname, '../../../local/node/init.sh'), 'utf8');
  const [part] = /^enforce_network_policies\(\) \{[^]*?^fi$/m.exec(script) ?? [];
  if (part === undefined) throw new Error('init.sh has changed');
  const bin = join(scratch.folder, 'bin');
  mkdirSync(bin);
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
  writeFileSync(join(scratch.folder, 'network-policies.rules'), policyRules());
  const moved = part
    .replaceAll('/var/log/node', scratch.folder)
    .replaceAll('/etc/kubernetes', scratch.folder);
  const supervise = `set -eu\nsupervise() { echo "$1" >>${scratch.folder}/supervised; }\n`;
  const { status, stderr } = spawnSync('/bin/sh', ['-c', `${supervise}${moved}\nwait`], {
    env: { PATH: bin, POLICY_QUEUE: '100', NODE_NAME: 'node-1' },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return {
    supervised: existsSync(join(scratch.folder, 'supervised')),
    reason: await whyNotEnforced(join(scratch.folder, 'network-policies.not-enforced')),
  };
}

const AGENT = { 'kube-network-policies': 'exit 0' };
const IPTABLES = { 'iptables-restore': 'while read -r line; do :; done' };

describe('what a node does when it starts', () => {
  test('with agent and kernel support it enforces', async () => {
    expect(await startEnforcement({ ...AGENT, ...IPTABLES })).toEqual({
      supervised: true,
      reason: undefined,
    });
  });

  test('without the agent it goes on and says so', async () => {
    const { supervised, reason } = await startEnforcement(IPTABLES);
    expect(supervised).toBe(false);
    expect(reason).toMatch(/kube-network-policies: not found/);
  });

  test('on a kernel without packet queues it goes on and says so', async () => {
    const refusing = { 'kube-network-policies': 'echo "no packet queues" >&2; exit 1' };
    expect(await startEnforcement({ ...refusing, ...IPTABLES })).toEqual({
      supervised: false,
      reason: 'no packet queues',
    });
  });

  test('on a kernel that takes no such rules it goes on and says so', async () => {
    const refusing = { 'iptables-restore': 'echo "Extension NFQUEUE not supported" >&2; exit 2' };
    expect(await startEnforcement({ ...AGENT, ...refusing })).toEqual({
      supervised: false,
      reason: 'Extension NFQUEUE not supported',
    });
  });
});

test('a node that does not enforce says why in one line and in its annotation; one that does loses it', async () => {
  const merges: unknown[] = [];
  const client = {
    merge: <T>(path: string, body: unknown): Promise<T> => {
      merges.push([path, body]);
      return Promise.resolve({} as T);
    },
  };
  const lines: string[] = [];
  const report = (line: string) => void lines.push(line);
  await markEnforcement(client, 'node-1', 'no packet queues', report);
  await markEnforcement(client, 'node-2', undefined, report);
  const annotated = (name: string, value: string | null) => [
    `/api/v1/nodes/${name}`,
    { metadata: { annotations: { [NETWORK_NOT_ENFORCED_ANNOTATION]: value } } },
  ];
  expect(merges).toEqual([annotated('node-1', 'no packet queues'), annotated('node-2', null)]);
  expect(lines).toEqual([
    'NetworkPolicies are not enforced on this node (node-1): no packet queues',
  ]);
});

test('an empty reason is one nevertheless', async () => {
  const file = join(scratch.folder, 'reason');
  writeFileSync(file, '\n');
  expect(await whyNotEnforced(file)).toBe('the reason is not known');
});

test('the agent may read pods, namespaces and policies, and nothing else', () => {
  const [role, binding] = [...policyAgentObjects().values()] as [
    { rules: readonly { resources: string[]; verbs: string[] }[] },
    { subjects: readonly { name: string }[] },
  ];
  expect(role.rules.flatMap(({ resources }) => resources).sort()).toEqual([
    'namespaces',
    'networkpolicies',
    'pods',
  ]);
  for (const { verbs } of role.rules) expect(verbs).toEqual(['list', 'watch']);
  expect(binding.subjects.map(({ name }) => name)).toEqual([POLICY_AGENT_IDENTITY.commonName]);
});
