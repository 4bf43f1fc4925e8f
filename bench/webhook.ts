/**
 * What our server costs over a bare one: `node -r ts-node/register bench/webhook.ts [seconds a block]`.
 *
 * Two arms in one run, in blocks in ABBA order, so that whatever else the computer does falls on both alike; only ratios are to be
 * quoted. Bare: node:https, JSON.parse, a constant patch. Ours: the bundled program. Same certificate, same TLS, same bodies.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundleSources } from '../programs/bundle';
import { makeAuthority, makeCertificate } from '../test/fixtures/certificates';

const BLOCK_MS = Number(process.argv[2] ?? 2) * 1000;
const BLOCKS = ['bare', 'ours', 'ours', 'bare', 'bare', 'ours', 'ours', 'bare'] as const;

const BARE = `
const { readFileSync } = require('node:fs');
const [directory] = process.argv.slice(2);
const patch = Buffer.from(JSON.stringify([{ op: 'add', path: '/spec/runtimeClassName', value: 'kata' }])).toString('base64');
const server = require('node:https').createServer(
  { cert: readFileSync(directory + '/tls.crt'), key: readFileSync(directory + '/tls.key'), minVersion: 'TLSv1.3', keepAliveTimeout: 150000 },
  (request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      const { apiVersion, kind, request: { uid } } = JSON.parse(Buffer.concat(pieces).toString());
      const body = JSON.stringify({ apiVersion, kind, response: { uid, allowed: true, patchType: 'JSONPatch', patch } });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    });
  },
);
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ msg: 'listening', port: server.address().port })));
`;

interface Arm {
  readonly process: ChildProcess;
  readonly port: number;
}

interface Block {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

function review(containers: number): string {
  const list = Array.from({ length: containers }, (_, i) => ({
    name: `worker-${i}`,
    image: `registry.example.com/team/pytorch-training:2.4.${i}`,
    command: ['python', '-m', 'train', '--shard', String(i)],
    env: Array.from({ length: 8 }, (_value, n) => ({ name: `SETTING_${n}`, value: `value-${n}` })),
    resources: { requests: { cpu: '8', memory: '32Gi' }, limits: { cpu: '8', memory: '32Gi' } },
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
  }));
  return JSON.stringify({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      namespace: 'ai-production',
      operation: 'CREATE',
      userInfo: { username: 'system:serviceaccount:kube-system:replicaset-controller' },
      object: {
        kind: 'Pod',
        apiVersion: 'v1',
        metadata: { generateName: 'trainer-5d9c8b7f6-', labels: { app: 'trainer' } },
        spec: {
          volumes: [{ name: 'data', emptyDir: {} }],
          containers: list,
          restartPolicy: 'Always',
          schedulerName: 'default-scheduler',
          tolerations: [
            { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
          ],
        },
      },
      oldObject: null,
      dryRun: false,
    },
  });
}

async function start(script: string, args: readonly string[]): Promise<Arm> {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`${script} ended`)));
    lines.on('line', (line) => {
      const { msg, port: listening } = JSON.parse(line) as { msg: string; port: number };
      if (msg === 'listening') resolve(listening);
    });
  });
  return { process: child, port };
}

/** User and system time of a process so far; fields 14 and 15 of proc(5) stat, in ticks of 10 ms. */
function cpuMs({ process: { pid } }: Arm): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function ask(port: number, agent: Agent, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(
      { host: '127.0.0.1', port, path: '/v1/mutate?timeout=3s', method: 'POST', agent, headers },
      (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        response.resume().on('end', resolve).on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function block(arm: Arm, ca: string, body: string, connections: number): Promise<Block> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, ca });
  const durationsMs: number[] = [];
  const cpuBefore = cpuMs(arm);
  const startedMs = performance.now();
  async function client(): Promise<void> {
    while (performance.now() - startedMs < BLOCK_MS) {
      const before = performance.now();
      await ask(arm.port, agent, body);
      durationsMs.push(performance.now() - before);
    }
  }
  await Promise.all(Array.from({ length: connections }, client));
  const tookMs = performance.now() - startedMs;
  const cpu = cpuMs(arm) - cpuBefore;
  agent.destroy();
  durationsMs.sort((a, b) => a - b);
  const at = (share: number): number => durationsMs[Math.floor(durationsMs.length * share)] ?? 0;
  return {
    perSecond: (durationsMs.length / tookMs) * 1000,
    cpuMicroseconds: (cpu * 1000) / durationsMs.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const authority = await makeAuthority();
  const { certificate, key } = await makeCertificate({}, authority);
  const policy = {
    runtimes: [
      { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
      { name: 'kata', runtimeClassName: 'kata', handler: 'kata' },
    ],
    rules: [
      {
        name: 'high_compute',
        when: {
          container: { image: { contains: 'pytorch' } },
          pod: { requests: { cpu: { gt: '4' } } },
        },
        runtime: 'kata',
      },
    ],
  };
  const files = {
    'tls.crt': certificate,
    'tls.key': key,
    'policy.json': JSON.stringify(policy),
    'bare.js': BARE,
    'webhook.js': bundleSources().webhook,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const arms = {
    bare: await start(join(directory, 'bare.js'), [directory]),
    ours: await start(join(directory, 'webhook.js'), [
      `--cert-dir=${directory}`,
      `--policy-file=${join(directory, 'policy.json')}`,
      '--port=0',
      '--health-port=0',
      '--metrics-port=0',
      '--bind-address=127.0.0.1',
    ]),
  };
  try {
    for (const [containers, connections] of [
      [3, 1],
      [3, 8],
      [20, 8],
    ] as const) {
      const body = review(containers);
      for (const arm of Object.values(arms))
        await block(arm, authority.certificate, body, connections);
      const results: Record<'bare' | 'ours', Block[]> = { bare: [], ours: [] };
      for (const name of BLOCKS)
        results[name].push(await block(arms[name], authority.certificate, body, connections));
      const of = (name: 'bare' | 'ours', member: keyof Block): number =>
        median(results[name].map((result) => result[member]));
      console.log(`${(body.length / 1024).toFixed(1)} KB, ${connections} connection(s)`);
      for (const member of ['perSecond', 'cpuMicroseconds', 'p50Ms', 'p99Ms'] as const) {
        const [bare, ours] = [of('bare', member), of('ours', member)];
        console.log(
          `  ${member.padEnd(16)} bare ${bare.toFixed(3).padStart(10)}  ours ${ours.toFixed(3).padStart(10)}  ratio ${(ours / bare).toFixed(2)}`,
        );
      }
    }
  } finally {
    for (const { process: child } of Object.values(arms)) child.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  }
}

void main();
