/** A container as a host process: start, restart with back-off, stop. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnMarked, tailOf, type Command } from '../processes/spawn';
import type { Container } from './objects';
import { resolvePorts, runProbe } from './container-probes';

/** Back-off between an end and the next start. The kubelet's begins at 10 s, which is too long for interactive use. */
const FIRST_BACKOFF_MILLISECONDS = 1_000;
const LAST_BACKOFF_MILLISECONDS = 60_000;

/** A process that ran this long resets the back-off (the kubelet's MaxContainerBackOff doubled, v1.36.3). */
const STABLE_MILLISECONDS = 600_000;

/** A process ready to start. */
export interface Launch {
  readonly command: Command;
  /** Host port for each container port. */
  readonly ports: ReadonlyMap<number, number>;
}

export interface ContainerOptions {
  readonly stateDir: string;
  readonly container: Container;
  /** Prepares one start, with different ports each time, because a port may be in use by now. */
  readonly prepare: () => Promise<Launch>;
  /** Called after every change of `status`. */
  readonly onChange: () => void;
}

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'running'; readonly startedAt: string };

/** How the previous process ended. */
export interface Ended {
  readonly exitCode: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** The end of its log. */
  readonly message: string;
}

/** Keeps one container running as a host process: restarts, probes, end. */
export class HostContainer {
  readonly #options: ContainerOptions;
  readonly #stop = new AbortController();
  #state: ContainerState = { kind: 'waiting', reason: 'ContainerCreating', message: '' };
  #ready = false;
  #started = false;
  #restarts = 0;
  #last: Ended | undefined;
  #child: ChildProcess | undefined;
  #ports: ReadonlyMap<number, number> = new Map();
  readonly #done: Promise<void>;

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  get status() {
    return {
      state: this.#state,
      ready: this.#ready,
      started: this.#started,
      restarts: this.#restarts,
      last: this.#last,
    };
  }

  /** Host port for each container port of the process that runs now. */
  get ports(): ReadonlyMap<number, number> {
    return this.#ports;
  }

  /** Ends the process permanently: SIGTERM, then SIGKILL after `graceMilliseconds`. */
  async stop(graceMilliseconds: number): Promise<void> {
    this.#ready = false;
    this.#stop.abort();
    await this.#end(graceMilliseconds);
    await this.#done;
  }

  async #run(): Promise<void> {
    let backoff = FIRST_BACKOFF_MILLISECONDS;
    while (!this.#stop.signal.aborted) {
      const began = performance.now();
      try {
        this.#last = await this.#runOnce();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#wait('RunContainerError', String(error));
      }
      if (this.#stop.signal.aborted) return;
      if (performance.now() - began > STABLE_MILLISECONDS) backoff = FIRST_BACKOFF_MILLISECONDS;
      if (this.#last) this.#wait('CrashLoopBackOff', this.#last.message);
      await delay(backoff, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      backoff = Math.min(backoff * 2, LAST_BACKOFF_MILLISECONDS);
      this.#restarts += 1;
    }
  }

  /** Runs the process once, until it ends. */
  async #runOnce(): Promise<Ended> {
    const { stateDir, prepare, onChange } = this.#options;
    const { command, ports } = await prepare();
    const startedAt = new Date().toISOString();
    const child = await spawnMarked(stateDir, command);
    const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    this.#child = child;
    this.#ports = ports;
    this.#state = { kind: 'running', startedAt };
    const probes = new AbortController();
    if (this.#stop.signal.aborted) child.kill('SIGKILL');
    this.#watch(probes.signal);
    onChange();
    try {
      const [code, signal] = await exited;
      const exitCode = code ?? (signal === 'SIGKILL' ? 137 : 143);
      const message = await tailOf(command.logFile, 5);
      return { exitCode, startedAt, finishedAt: new Date().toISOString(), message };
    } finally {
      probes.abort();
      this.#child = undefined;
      this.#ready = this.#started = false;
    }
  }

  /** Startup first; liveness and readiness count from its success, as with the kubelet. */
  #watch(signal: AbortSignal): void {
    const { container, onChange } = this.#options;
    const { startupProbe, livenessProbe, readinessProbe } = container;
    const ports = resolvePorts(container.ports ?? [], this.#ports);
    const restart = (passes: boolean): void => {
      if (!passes) void this.#end(2_000);
    };
    const setReady = (ready: boolean): void => {
      if (this.#stop.signal.aborted || this.#ready === ready) return;
      this.#ready = ready;
      onChange();
    };
    const started = (): void => {
      if (this.#started) return;
      this.#started = true;
      if (livenessProbe) runProbe(livenessProbe, { ports, onVerdict: restart, signal });
      if (readinessProbe)
        runProbe(readinessProbe, { ports, onVerdict: setReady, signal, eager: true });
      else setReady(true);
    };
    if (!startupProbe) return started();
    const onVerdict = (passes: boolean): void => (passes ? started() : restart(false));
    runProbe(startupProbe, { ports, onVerdict, signal });
  }

  async #end(graceMilliseconds: number): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    // Only once: programs stop draining at a second signal.
    if (!child.killed) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMilliseconds);
    await exited;
    clearTimeout(timer);
  }

  #wait(reason: string, message: string): void {
    this.#state = { kind: 'waiting', reason, message };
    this.#options.onChange();
  }
}
