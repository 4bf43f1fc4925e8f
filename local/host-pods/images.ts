/** How each known image runs as a host process. */
import { SERVICE_ACCOUNT_DIRECTORY } from '../../base/names';
import { parseImage } from '../../policy/pod/image';

/** A flag whose value differs between a host process and its container. */
export interface FlagRule {
  readonly flag: string;
  /**
   * `port`: a port of the pod; `address`: `[host]:port`, port of the pod; `path`: a file or folder, which mounts move.
   */
  readonly kind: 'port' | 'address' | 'path';
  /**
   * The program's default. The flag is added if the default is a port that the container declares, or a
   * path under one of its mounts; otherwise the default is not used.
   */
  readonly defaults: readonly string[];
}

/** How the containers of one image run as host processes. */
export interface HostImage {
  readonly registry: string;
  readonly repository: string;
  /** Key of `HostPrograms`. */
  readonly program: keyof HostPrograms;
  readonly flags: readonly FlagRule[];
}

/** Paths of the programs that replace images. */
export interface HostPrograms {
  readonly gatekeeper: string;
  readonly node: string;
}

const HOST_IMAGES: readonly HostImage[] = [
  {
    registry: 'docker.io',
    repository: 'openpolicyagent/gatekeeper',
    program: 'gatekeeper',
    // Defaults: main.go, pkg/metrics/exporters/prometheus and pkg/audit/manager.go of Gatekeeper v3.23.1.
    flags: [
      { flag: '--port', kind: 'port', defaults: ['443'] },
      { flag: '--prometheus-port', kind: 'port', defaults: ['8888'] },
      { flag: '--health-addr', kind: 'address', defaults: [':9090'] },
      { flag: '--cert-dir', kind: 'path', defaults: ['/certs'] },
      { flag: '--api-cache-dir', kind: 'path', defaults: ['/tmp/audit'] },
    ],
  },
  {
    // The programs of webhook-src, whose manifests name every port and folder but the last.
    registry: 'docker.io',
    repository: 'library/node',
    program: 'node',
    flags: [
      { flag: '--port', kind: 'port', defaults: [] },
      { flag: '--health-port', kind: 'port', defaults: [] },
      { flag: '--metrics-port', kind: 'port', defaults: [] },
      { flag: '--service-account-dir', kind: 'path', defaults: [SERVICE_ACCOUNT_DIRECTORY] },
    ],
  },
];

/** How to run containers of `image`; `undefined` when no host program stands in for it. */
export function hostImage(image: string): HostImage | undefined {
  const parsed = parseImage(image);
  return HOST_IMAGES.find(
    ({ registry, repository }) => parsed?.registry === registry && parsed.repository === repository,
  );
}
