/** Runs the probes of a container that is a host process. */
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { ContainerPort, Probe } from './objects';

/** Interval of a probe that has not succeeded yet, if its own period is longer, so that a start does not wait for it. */
const EAGER_PERIOD_MILLISECONDS = 250;

/** Whether the process that has `ports` answers the probe. */
async function probeOnce(probe: Probe, ports: ResolvedPorts): Promise<boolean> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  const { httpGet, tcpSocket } = probe;
  if (httpGet) {
    const headers = Object.fromEntries(
      (httpGet.httpHeaders ?? []).map(({ name, value }) => [name, value]),
    );
    // The kubelet does not verify certificates either (pkg/probe/http, v1.36.3).
    const options = {
      host: '127.0.0.1',
      port: ports(httpGet.port),
      path: httpGet.path ?? '/',
      headers,
      timeout,
    };
    return answersOk(options, httpGet.scheme === 'HTTPS');
  }
  return tcpSocket ? accepts(ports(tcpSocket.port), timeout) : true;
}

/** Host port for a container port given by number or name. */
export type ResolvedPorts = (port: number | string) => number;

export function resolvePorts(
  declared: readonly ContainerPort[],
  hostPorts: ReadonlyMap<number, number>,
): ResolvedPorts {
  return (port) => {
    const number =
      typeof port === 'number' ? port : declared.find(({ name }) => name === port)?.containerPort;
    return hostPorts.get(number ?? 0) ?? number ?? 0;
  };
}

export interface ProbeRun {
  readonly ports: ResolvedPorts;
  /** Called when consecutive equal results reach their threshold: `successThreshold` or `failureThreshold`. */
  readonly onVerdict: (passes: boolean) => void;
  /** Stops the probe. */
  readonly signal: AbortSignal;
  /** Whether to probe more often than configured until it passes; for probes whose failures have no consequence. */
  readonly eager?: boolean;
}

/** Runs a probe repeatedly as the kubelet does (pkg/kubelet/prober/worker.go, v1.36.3). */
export function runProbe(
  probe: Probe,
  { ports, onVerdict, signal, eager = false }: ProbeRun,
): void {
  const period = (probe.periodSeconds ?? 10) * 1000;
  let streak = 0;
  let last: boolean | undefined;
  const step = async (): Promise<void> => {
    const passes = await probeOnce(probe, ports);
    if (signal.aborted) return;
    streak = passes === last ? streak + 1 : 1;
    last = passes;
    const threshold = passes ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (streak === threshold) onVerdict(passes);
    schedule(eager && !passes ? Math.min(period, EAGER_PERIOD_MILLISECONDS) : period);
  };
  let timer: NodeJS.Timeout;
  const schedule = (milliseconds: number): void => {
    timer = setTimeout(() => void step(), milliseconds);
  };
  schedule((probe.initialDelaySeconds ?? 0) * 1000);
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
}

/** 200 to 399 is success (pkg/probe/http). */
function answersOk(options: RequestOptions, tls: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const request = tls
      ? httpsRequest({ ...options, rejectUnauthorized: false })
      : httpRequest(options);
    request.on('response', (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 400);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.on('close', () => resolve(false));
    request.end();
  });
}

function accepts(port: number, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout });
    const finish = (accepted: boolean) => () => {
      socket.destroy();
      resolve(accepted);
    };
    socket
      .once('connect', finish(true))
      .once('error', finish(false))
      .once('timeout', finish(false));
  });
}
