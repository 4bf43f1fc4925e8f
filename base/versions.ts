/**
 * Every version this project pins outside package.json and the go.mod files, in one place.
 * Sources: the release pages of each project; docs/versions.md describes how to raise a pin.
 */
export const VERSIONS = {
  /** This project. Must equal package.json. */
  sandbox: '0.1.0',
  /** Kubernetes the local cluster runs and manifests are validated against. Must equal local/toolchain/kubernetes/go.mod. */
  kubernetes: 'v1.36.3',
  /** etcd of the local cluster. Must equal local/toolchain/kubernetes/go.mod. */
  etcd: 'v3.6.11',
  /** Gatekeeper release the typed manifest equals. Must equal local/toolchain/kubernetes/go.mod. */
  gatekeeper: 'v3.23.1',
  /** Kata Containers release whose kata-deploy is modelled. */
  kata: '4.1.0',
  /** Node image the webhook and rotator bundles run in, by exact version. */
  nodeImage: '24.11.1-bookworm-slim',
  /** CoreDNS of the local cluster. Must equal local/toolchain/coredns/go.mod. */
  coredns: 'v1.14.7',
  /** The enforcer of NetworkPolicies on local nodes. Must equal local/toolchain/network-policies/go.mod. */
  kubeNetworkPolicies: 'v0.8.0',
  /** gVisor of the local cluster: the date of the module in local/toolchain/gvisor/go.mod, in the form of a release name. */
  gvisor: '20260413.0',
  /** Pulumi's CLI where none is installed. Must equal local/toolchain/pulumi/go.mod and @pulumi/pulumi in package.json. */
  pulumi: 'v3.248.0',
  /**
   * Source that Pulumi's provider for Kubernetes is built from where the plugin is not installed: the newest version that is served
   * as a Go module. Must equal local/toolchain/pulumi-resource-kubernetes/go.mod.
   */
  pulumiKubernetes: 'v4.0.0-20260115033456-f47bc2d6f199',
  /** Pulumi's language host for Node: the last version that is served as a Go module. Must equal local/toolchain/pulumi-language-nodejs/go.mod. */
  pulumiLanguageHost: 'v3.68.0',
  /** Go release that builds the programs that are not installed. Must equal the go directive of every go.mod, up to its patch version. */
  go: '1.26',
  /** busybox image of the pods that show which kernel they run on. */
  busyboxImage: '1.37.0',
} as const;
