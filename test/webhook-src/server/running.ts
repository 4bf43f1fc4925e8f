/** Starts the bundled server as its own process, as a pod would, and talks to it over TLS. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { Agent } from 'node:https';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect, type TLSSocket } from 'node:tls';
import { bundleSources } from '../../../programs/bundle';
import { NODE_FLAGS } from '../../../webhook-src/server/memory';
import { makeAuthority, makeCertificate, project, type Pair } from '../../fixtures/certificates';

export const POLICY = {
  runtimes: [
    { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
    { name: 'kata', runtimeClassName: 'kata', handler: 'kata-qemu' },
  ],
  rules: [
    { name: 'heavy', when: { container: { image: { contains: 'pytorch' } } }, runtime: 'kata' },
  ],
  unlabelled: { assign: 'gvisor' },
};

/** Long enough for a loaded computer; nothing waits this long unless it is broken. */
const DEADLINE_MS = 20_000;

interface LogLine {
  readonly msg?: string;
  readonly port?: number;
  readonly [member: string]: unknown;
}

export interface Running {
  readonly process: ChildProcess;
  readonly port: number;
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly directory: string;
  readonly certificateDirectory: string;
  readonly policyFile: string;
  readonly authority: Pair;
  readonly lines: readonly LogLine[];
  /** Resolves with the first line, from the `from`th on, that fits. */
  line(fits: (line: LogLine) => boolean, from?: number): Promise<LogLine>;
  /** Exit code of the process, once it has ended. */
  readonly exit: Promise<number | null>;
  stop(): Promise<void>;
}

export interface RunOptions {
  readonly flags?: readonly string[];
  readonly policy?: unknown;
  /** @default a certificate for 127.0.0.1, signed by `authority` */
  readonly certificate?: Pair | 'none';
  /** PEM of the CA that clients must have a certificate of. */
  readonly clientCa?: string;
  /** With the flags of Node that the pod has. @default false */
  readonly isLimited?: boolean;
  /** What must have been logged before the server counts as started. @default every port listens */
  readonly until?: readonly string[];
}

let bundled: string | undefined;

export async function run(options: RunOptions = {}): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), 'mutator-'));
  const script = join(directory, 'webhook.js');
  writeFileSync(script, (bundled ??= bundleSources().webhook));
  const authority = await makeAuthority();
  const certificateDirectory = join(directory, 'cert');
  const certificate = options.certificate ?? (await makeCertificate({}, authority));
  if (certificate !== 'none') projectCertificate(certificateDirectory, certificate);
  const policyFile = join(directory, 'policy.json');
  writeFileSync(policyFile, JSON.stringify(options.policy ?? POLICY));

  const clientCaFile = join(directory, 'client-ca.crt');
  if (options.clientCa !== undefined) writeFileSync(clientCaFile, options.clientCa);

  const child = spawn(
    process.execPath,
    [
      script,
      `--cert-dir=${certificateDirectory}`,
      `--policy-file=${policyFile}`,
      '--port=0',
      '--health-port=0',
      '--metrics-port=0',
      '--bind-address=127.0.0.1',
      '--poll-seconds=0.05',
      ...(options.clientCa === undefined ? [] : [`--client-ca-file=${clientCaFile}`]),
      ...(options.flags ?? []),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(options.isLimited === true && { NODE_OPTIONS: NODE_FLAGS }) },
    },
  );
  const exit = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const log = collect(child);
  const port = async (message: string): Promise<number> =>
    (options.until ?? ['health listening', 'metrics listening', 'listening']).includes(message)
      ? ((await log.line((line) => line.msg === message)).port ?? 0)
      : 0;
  const healthPort = await port('health listening');
  return {
    process: child,
    healthPort,
    metricsPort: await port('metrics listening'),
    port: await port('listening'),
    directory,
    certificateDirectory,
    policyFile,
    authority,
    lines: log.lines,
    line: log.line,
    exit,
    async stop() {
      child.kill('SIGKILL');
      await exit;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export function projectCertificate(directory: string, { certificate, key }: Pair): void {
  project(directory, { 'tls.crt': certificate, 'tls.key': key });
}

function collect(child: ChildProcess): Pick<Running, 'lines' | 'line'> {
  const lines: LogLine[] = [];
  const errors: string[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => waiting.forEach((check) => check());
  if (child.stdout === null || child.stderr === null) throw new Error('the server has no output');
  createInterface(child.stdout).on('line', (text) => {
    lines.push(JSON.parse(text) as LogLine);
    wake();
  });
  createInterface(child.stderr).on('line', (text) => errors.push(text));
  child.once('exit', wake);
  return {
    lines,
    line(fits, from = 0) {
      return until(
        () => lines.slice(from).find(fits),
        (check) => {
          waiting.add(check);
          return () => waiting.delete(check);
        },
        () =>
          `log: ${lines.map((line) => JSON.stringify(line)).join('\n')}\nstderr: ${errors.join('\n')}`,
      );
    },
  };
}

/** Waits until `find` finds, looking again whenever `subscribe` says something has changed. */
function until<T>(
  find: () => T | undefined,
  subscribe: (check: () => void) => () => void,
  describe: () => string,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      unsubscribe();
      reject(new Error(`waited in vain; ${describe()}`));
    }, DEADLINE_MS);
    const check = (): void => {
      const found = find();
      if (found === undefined) return;
      clearTimeout(timer);
      unsubscribe();
      resolve(found);
    };
    const unsubscribe = subscribe(check);
    check();
  });
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Call {
  readonly body: string | Buffer;
  readonly agent?: Agent;
  readonly ca?: string;
  readonly client?: Pair;
}

/** POSTs a body as an API server does. */
export function post(
  running: Pick<Running, 'port' | 'authority'>,
  call: Call,
): Promise<HttpAnswer> {
  const { body, agent, ca = running.authority.certificate, client } = call;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: running.port,
        path: '/v1/mutate?timeout=3s',
        method: 'POST',
        ca,
        ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
        ...(agent === undefined ? { agent: false as const } : { agent }),
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(pieces).toString(),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** GETs from the health port. */
export function health(running: Pick<Running, 'healthPort'>, path: string): Promise<HttpAnswer> {
  return get(running.healthPort, path);
}

/** The text on the metrics port. */
export async function metricsText({ metricsPort }: Pick<Running, 'metricsPort'>): Promise<string> {
  return (await get(metricsPort, '/metrics')).body;
}

function get(port: number, path: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let body = '';
      response.on('data', (piece: Buffer) => (body += piece.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    })
      .on('error', reject)
      .end();
  });
}

/** Value of a metric, by its line up to the value; 0 where there is no such line. */
export async function metric(running: Running, line: string): Promise<number> {
  const body = await metricsText(running);
  const found = body.split('\n').find((text) => text.startsWith(`${line} `));
  return found === undefined ? 0 : Number(found.slice(line.length + 1));
}

/** A bare TLS connection, for what no HTTP client would send. */
export function dial(running: Pick<Running, 'port' | 'authority'>): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: running.port,
      ca: running.authority.certificate,
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.off('error', reject).on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** Everything the server says on a connection until it ends it. */
export function untilClosed(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
    socket.once('close', () => resolve(text));
  });
}

/** Sends bytes on a connection of their own and returns everything that comes back until the server ends it. */
export async function exchange(running: Running, bytes: string | Buffer): Promise<string> {
  const socket = await dial(running);
  const answer = untilClosed(socket);
  socket.write(bytes);
  return answer;
}

export function review(
  object: unknown = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'x' }] } },
  request: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'f0b1a2c3-0000-4000-8000-000000000000',
      operation: 'CREATE',
      resource: { group: '', version: 'v1', resource: 'pods' },
      namespace: 'ns',
      object,
      ...request,
    },
  });
}
