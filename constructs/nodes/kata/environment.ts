/** The environment variables of kata-deploy's container. */
import type { k8s } from 'cdk8s-plus-27';
import { INSTALLER } from './names';
import type { KataNodesSettings } from './settings';
import { ARCHITECTURES, shimsFor, type Architecture, type Shim } from './shims';

/** Port of kata-deploy's health server, in the pod. */
export const HEALTH_PORT = 8090;

/**
 * The configuration kata-deploy reads (kata-containers 4.1.0, tools/packaging/kata-deploy/binary/src/config.rs, `Config::from_env`).
 *
 * It reads the variables of its node's architecture only, and takes one that is missing or empty for "every shim there is":
 * so `architecturesOf` also decides which nodes the DaemonSet runs on.
 */
export function environment(settings: KataNodesSettings): k8s.EnvVar[] {
  const architectures = Object.keys(ARCHITECTURES) as Architecture[];
  return [
    { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    { name: 'DAEMONSET_NAME', value: INSTALLER },
    { name: 'DEBUG', value: String(settings.debug) },
    ...architectures.flatMap((architecture) => ofArchitecture(architecture, settings)),
    { name: 'INSTALLATION_PREFIX', value: '' },
    { name: 'MULTI_INSTALL_SUFFIX', value: '' },
    ...given('EXPERIMENTAL_SETUP_SNAPSHOTTER', settings.setupSnapshotters.join(',')),
    ...given('CONTAINERD_CONFIG_FILE_NAME', settings.containerd.configFile),
    // Compared with the runtime it detects; a directory of one's own is not what the distribution would say.
    ...(settings.containerd.configDirectory === undefined
      ? given('K8S_DISTRIBUTION', settings.distribution)
      : []),
    ...given('STARTUP_TAINTS', settings.startupTaints.map(taintText).join(',')),
    { name: 'HEALTH_PORT', value: String(HEALTH_PORT) },
  ];
}

function ofArchitecture(architecture: Architecture, settings: KataNodesSettings): k8s.EnvVar[] {
  const shims = shimsFor(architecture, settings.shims);
  const [first] = shims;
  if (first === undefined) return [];
  const suffix = ARCHITECTURES[architecture];
  const defaultShim = shims.includes(settings.defaultShim) ? settings.defaultShim : first;
  return [
    { name: `SHIMS_${suffix}`, value: shims.join(' ') },
    { name: `DEFAULT_SHIM_${suffix}`, value: defaultShim },
    ...given(`ALLOWED_HYPERVISOR_ANNOTATIONS_${suffix}`, annotationsOf(shims, settings)),
    ...given(`SNAPSHOTTER_HANDLER_MAPPING_${suffix}`, snapshottersOf(shims, settings)),
  ];
}

function annotationsOf(shims: readonly Shim[], settings: KataNodesSettings): string {
  return shims
    .flatMap((shim) => {
      const annotations = settings.allowedHypervisorAnnotations[shim] ?? [];
      return annotations.length === 0 ? [] : [`${shim}:${annotations.join(',')}`];
    })
    .join(' ');
}

function snapshottersOf(shims: readonly Shim[], { snapshotters }: KataNodesSettings): string {
  return shims
    .flatMap((shim) => (snapshotters[shim] === undefined ? [] : [`${shim}:${snapshotters[shim]}`]))
    .join(',');
}

function taintText({ key, effect }: KataNodesSettings['startupTaints'][number]): string {
  return effect === undefined ? key : `${key}:${effect}`;
}

function given(name: string, value: string | undefined): k8s.EnvVar[] {
  return value === undefined || value === '' ? [] : [{ name, value }];
}
