/** The status of a host pod. */
import type { ContainerState, Ended } from './container';
import type { Container } from './objects';

export interface ContainerStatusInput {
  readonly container: Container;
  readonly state: ContainerState;
  readonly ready: boolean;
  readonly started: boolean;
  readonly restarts: number;
  readonly last: Ended | undefined;
}

/**
 * The status a kubelet would write for a pod whose containers are host processes. It has no pod IP, because none exists:
 * this also prevents the EndpointSlice controller from adding the pod to a slice with ports on which no process listens.
 */
export function podStatus(
  startTime: string,
  hostAddress: string,
  containers: readonly ContainerStatusInput[],
) {
  const running = containers.some(({ state }) => state.kind === 'running');
  const ready = containers.every((container) => container.ready);
  const condition = (type: string, holds: boolean) => ({ type, status: holds ? 'True' : 'False' });
  return {
    phase: running || containers.some(({ last }) => last) ? 'Running' : 'Pending',
    startTime,
    hostIP: hostAddress,
    hostIPs: [{ ip: hostAddress }],
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', ready),
      condition('Ready', ready),
    ],
    containerStatuses: containers.map(containerStatus),
  };
}

function containerStatus({
  container,
  state,
  ready,
  started,
  restarts,
  last,
}: ContainerStatusInput) {
  const { kind, ...details } = state;
  return {
    name: container.name,
    image: container.image,
    imageID: '',
    ready,
    started,
    restartCount: restarts,
    state: { [kind]: details },
    lastState: last
      ? { terminated: { ...last, reason: last.exitCode === 0 ? 'Completed' : 'Error' } }
      : {},
  };
}
