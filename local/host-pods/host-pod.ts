/** A pod as host processes: volumes, tokens, containers, status. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { SERVICE_ACCOUNT_DIRECTORY } from '../../base/names';
import type { PathApi } from '../../kubernetes/by-path';
import { freePorts } from '../free-ports';
import { HostContainer, type Launch } from './container';
import { NotThere, containerEnvironment, type HostFacts } from './environment';
import { hostImage, type HostPrograms } from './images';
import { hostArguments } from './invocation';
import type { Container, NamespaceObjects, Pod, Probe } from './objects';
import { writeProjectedFolder } from './projected-folder';
import { podStatus, type ContainerStatusInput } from './status';
import { ServiceAccountTokens } from './tokens';
import { volumeContent } from './volumes';

/** terminationGracePeriodSeconds of a pod that sets none. */
const DEFAULT_GRACE_SECONDS = 30;

/** Pause after an attempt that the API server refuses or does not answer. */
const RETRY_MILLISECONDS = 1_000;

/** The common context of all host pods of a cluster. */
export interface HostContext {
  readonly client: PathApi;
  readonly stateDir: string;
  /** URL of the API server. */
  readonly server: string;
  readonly host: HostFacts;
  readonly programs: HostPrograms;
}

/** Runs one pod as host processes until it is stopped. */
export class HostPod {
  readonly #containers = new Map<string, HostContainer>();
  readonly #tokens: ServiceAccountTokens;
  readonly #startTime = new Date().toISOString();
  readonly #folder: string;
  #blocked = '';
  #stopping = false;
  #refreshed: Promise<void> = Promise.resolve();

  constructor(
    readonly pod: Pod,
    readonly context: HostContext,
    readonly objects: NamespaceObjects,
    readonly onChange: () => void,
  ) {
    this.#folder = join(context.stateDir, 'host-pods', pod.metadata.uid ?? pod.metadata.name);
    this.#tokens = new ServiceAccountTokens(context.client, pod, () => this.refresh());
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  get ready(): boolean {
    if (this.#stopping || this.#containers.size === 0) return false;
    return [...this.#containers.values()].every(({ status }) => status.ready);
  }

  /** Host port of a container port, by number or name, of the container that has it; `undefined` while none runs. */
  hostPort(port: number | string): number | undefined {
    for (const container of this.pod.spec.containers) {
      const named = container.ports?.find(({ name }) => name === port)?.containerPort;
      const number = typeof port === 'number' ? port : named;
      const found = this.#containers.get(container.name)?.ports.get(number ?? 0);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  status() {
    const { pod, context } = this;
    const containers = pod.spec.containers.map((container): ContainerStatusInput => {
      const running = this.#containers.get(container.name);
      const status = running ? running.status : waiting(this.#blocked);
      return { container, ...status, ready: status.ready && !this.#stopping };
    });
    return podStatus(this.#startTime, context.host.hostAddress, containers);
  }

  /** Updates the volumes from the API server and starts the containers that can start. One at a time, in order. */
  refresh(): void {
    this.#refreshed = this.#refreshed
      .then(() => this.#refreshOnce())
      .catch((error: unknown) => {
        this.#block(String(error));
        if (!this.#stopping) setTimeout(() => this.refresh(), RETRY_MILLISECONDS);
      });
  }

  /** Ends the processes and removes the pod's folder. A second call with less time shortens the first. */
  async stop(graceSeconds?: number): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#tokens.close();
      this.onChange();
    }
    await this.#refreshed;
    const { spec } = this.pod;
    const grace = graceSeconds ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    await Promise.all(
      [...this.#containers.values()].map((container) => container.stop(grace * 1000)),
    );
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #refreshOnce(): Promise<void> {
    if (this.#stopping) return;
    const { pod, objects, context } = this;
    try {
      if (pod.spec.initContainers?.length)
        throw new NotThere('host processes have no init containers');
      await this.#tokens.refresh();
      for (const volume of pod.spec.volumes ?? []) {
        const token = this.#tokens.get;
        const content = volumeContent(pod, volume, { objects, host: context.host, token });
        if (content) await writeProjectedFolder(this.#volumeFolder(volume.name), content);
        else await mkdir(this.#volumeFolder(volume.name), { recursive: true, mode: 0o700 });
      }
      for (const container of pod.spec.containers) this.#start(container);
      this.#block('');
    } catch (error) {
      if (!(error instanceof NotThere)) throw error;
      this.#block(error.message);
    }
  }

  #block(reason: string): void {
    if (this.#blocked === reason) return;
    this.#blocked = reason;
    this.onChange();
  }

  #start(container: Container): void {
    if (this.#containers.has(container.name)) return;
    if (hostImage(container.image) === undefined) {
      throw new NotThere(`no host program stands in for the image ${container.image}`);
    }
    const options = {
      stateDir: this.context.stateDir,
      container,
      prepare: () => this.#prepare(container),
      onChange: this.onChange,
    };
    this.#containers.set(container.name, new HostContainer(options));
  }

  async #prepare(container: Container): Promise<Launch> {
    const { pod, context, objects } = this;
    const image = hostImage(container.image);
    if (image === undefined)
      throw new NotThere(`no host program stands in for the image ${container.image}`);
    const mounts = new Map(
      (container.volumeMounts ?? []).map(({ name, mountPath, subPath }) => [
        mountPath,
        join(this.#volumeFolder(name), subPath ?? ''),
      ]),
    );
    const declared = portsOf(container);
    const free = await freePorts(declared.length);
    const ports = new Map(declared.map((port, index) => [port, free[index] ?? 0]));
    const base = await this.#baseEnvironment(mounts.get(SERVICE_ACCOUNT_DIRECTORY));
    const env = containerEnvironment(pod, container, objects, { base, host: context.host });
    const { namespace = '', name } = pod.metadata;
    const command = {
      role: `host-pod/${namespace}/${name}/${container.name}`,
      file: context.programs[image.program],
      args: hostArguments(container, image, env, { mounts, ports }),
      env,
      cwd: this.#folder,
      logFile: join(context.stateDir, 'logs', `${namespace}_${name}_${container.name}.log`),
    };
    return { command, ports };
  }

  /** Inherits nothing from this process's environment, which a container would not see either. */
  async #baseEnvironment(serviceAccountDir: string | undefined): Promise<Record<string, string>> {
    const { hostname, port } = new URL(this.context.server);
    const env: Record<string, string> = {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      HOME: this.#folder,
      HOSTNAME: this.pod.metadata.name,
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
    };
    if (serviceAccountDir === undefined) return env;
    // Programs that use client-go look for the token at one fixed path, which only a container has; a kubeconfig takes precedence.
    const kubeconfig = join(this.#folder, 'kubeconfig');
    await writeFile(kubeconfig, tokenKubeconfig(this.context.server, serviceAccountDir), {
      mode: 0o600,
    });
    return { ...env, KUBECONFIG: kubeconfig };
  }

  #volumeFolder(name: string): string {
    return join(this.#folder, 'volumes', name);
  }
}

function waiting(message: string): Omit<ContainerStatusInput, 'container'> {
  const reason = message === '' ? 'ContainerCreating' : 'CreateContainerConfigError';
  const state = { kind: 'waiting', reason, message } as const;
  return { state, ready: false, started: false, restarts: 0, last: undefined };
}

/** Every TCP port a container declares or is probed at. */
function portsOf(container: Container): number[] {
  const { ports = [], startupProbe, livenessProbe, readinessProbe } = container;
  const probed = (probe: Probe | undefined) => probe?.httpGet?.port ?? probe?.tcpSocket?.port;
  const numbers = [
    ...ports.map(({ containerPort }) => containerPort),
    ...[startupProbe, livenessProbe, readinessProbe].map(probed),
  ].filter((port) => typeof port === 'number');
  return [...new Set(numbers)];
}

/** `tokenFile` is read again as the token is renewed (k8s.io/client-go/transport/token_source.go, v0.36.3). */
function tokenKubeconfig(server: string, serviceAccountDir: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'host-pod',
    clusters: [
      {
        name: 'local',
        cluster: { server, 'certificate-authority': join(serviceAccountDir, 'ca.crt') },
      },
    ],
    users: [{ name: 'pod', user: { tokenFile: join(serviceAccountDir, 'token') } }],
    contexts: [{ name: 'host-pod', context: { cluster: 'local', user: 'pod' } }],
  });
}
