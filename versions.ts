/**
 * Every version this project pins outside package.json and the go.mod files, in one place.
 * Sources: the release pages of each project; see docs/versions.md for how a pin is raised.
 */
export const VERSIONS = {
  /** Kubernetes the local cluster runs and manifests are validated against. Must equal local/toolchain/kubernetes/go.mod. */
  kubernetes: 'v1.36.3',
  /** Gatekeeper release the typed manifest equals. Must equal local/toolchain/kubernetes/go.mod. */
  gatekeeper: 'v3.23.1',
  /** Kata Containers release whose kata-deploy is modelled. */
  kata: '4.1.0',
  /** Node image the webhook and rotator bundles run in, by exact version. */
  nodeImage: '24.11.1-bookworm-slim',
} as const;
