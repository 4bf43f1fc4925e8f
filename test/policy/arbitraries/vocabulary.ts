/** The words that random policies and pods are made of, and how they are put together. */
import * as fc from 'fast-check';

export const RUNTIMES = [
  { name: 'gvisor', runtimeClassName: 'gvisor-class', handler: 'runsc' },
  { name: 'firecracker', runtimeClassName: 'kata-fc', handler: 'kata-fc' },
  {
    name: 'kata',
    runtimeClassName: 'kata-qemu',
    handler: 'kata-qemu',
    allowedAnnotations: ['io.katacontainers.config.hypervisor.default_*'],
  },
];
/** The first is allowed to pods of the runtime kata; none of the others to any. */
export const SANDBOX_ANNOTATIONS = [
  'io.katacontainers.config.hypervisor.default_vcpus',
  'io.katacontainers.config.runtime.disable_new_netns',
  'io.katacontainers.config_path',
  'dev.gvisor.flag.debug',
];
export const CONTEXT = { namespace: 'ai-production' };

export const NAMES = ['ai-model', 'main', 'init'];
export const IMAGES = [
  'pytorch/pytorch:2.4',
  'ghcr.io/team-a/pytorch-scikit',
  'scikit',
  'NVCR.io/nvidia/tritonserver:24.01',
  `ghcr.io/team-b/model@sha256:${'0'.repeat(64)}`,
  'not an image pytorch',
];
export const LITERALS = [
  'pytorch',
  'scikit',
  'torch',
  'kit',
  'team-',
  'o',
  'pytorch-scikit',
  'nvidia',
];
export const GLOBS = [
  '*',
  '*team*',
  'ghcr.io',
  'GHCR.io',
  'nvcr.io',
  'docker.io',
  '*/pytorch*',
  'latest',
  '2*',
  'sha256:*0',
];
export const QUANTITIES = ['0', '500m', '1', '1.5', '2', '4', '8', '1Gi', '1G', '1e3', '-1'];
export const RESOURCES = ['cpu', 'memory', 'nvidia.com/gpu', 'hugepages-2Mi'];
export const RESOURCE_GLOBS = ['nvidia.com/*', '*', '*m*'];
export const KEYS = ['team', 'example.com/tier', 'constructor'];
/** None matches the runtime label, the decision annotation or a label of sandbox nodes. */
export const KEY_GLOBS = ['example.com/*', 't*m', 'con*'];
export const VALUES = ['red', 'blue', 'redder'];
export const PROFILES = ['RuntimeDefault', 'Unconfined', 'Localhost'];
export const PROC_MOUNTS = ['Default', 'Unmasked'];
export const VARIABLES = ['HF_TOKEN', 'HF_HOME', 'DEBUG'];
export const HOST_PATHS = ['/', '/var/run', '//var/./run/', '/var/run/docker.sock'];
export const CLAIMS = ['gpu-0', 'gpu-1', 'nic'];
export const PRIORITY_CLASSES = ['batch', 'interactive', 'system-node-critical'];
export const SYSTEMS = ['linux', 'windows'];

export const from = <T>(values: readonly T[]) => fc.constantFrom(...values);

export const optional = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;

export const notEmpty = <T extends object>(arbitrary: fc.Arbitrary<T>) =>
  arbitrary.filter((value) => Object.keys(value).length > 0);

export const dictionary = <V>(keys: readonly string[], value: fc.Arbitrary<V>) =>
  fc.dictionary(from(keys), value, { minKeys: 1, maxKeys: 2 });
