/**
 * Google Kubernetes Engine: GKE Sandbox brings gVisor and its RuntimeClass, Kata runs on a separate pool with nested
 * virtualization. Use it in place of sandbox.config.ts; examples/stacks/Pulumi.gke.yaml describes the cluster.
 */
import { defineSandbox } from '../constructs';

/** Anybody can push to `europe-docker.pkg.dev`, so the repository matters as much as the registry. */
const foreignImage = {
  container: {
    not: { image: { registry: 'europe-docker.pkg.dev', repository: 'my-project/*' } },
  },
};

const root = {
  container: {
    any: [
      { securityContext: { runAsRoot: true } },
      { securityContext: { addsCapability: 'SYS_PTRACE' } },
    ],
  },
};

const gpu = { pod: { limits: { 'nvidia.com/gpu': { gte: '1' } } } };

export default defineSandbox({
  policy: {
    runtimes: [
      { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'gvisor' },
      { name: 'kata', runtimeClassName: 'kata', handler: 'kata-clh' },
    ],
    rules: [
      {
        name: 'foreign_image',
        title: 'an image from outside',
        when: foreignImage,
        runtime: 'kata',
      },
      { name: 'wants_root', title: 'a container that may be root', when: root, runtime: 'kata' },
      { name: 'gpu', title: 'a GPU', when: gpu, runtime: 'gvisor' },
      {
        // Without this rule such a pod would need Kata and wait there for ever.
        name: 'gpu_outside_gvisor',
        title: 'the GPU rule',
        when: { all: [gpu, { any: [foreignImage, root] }] },
        deny: 'GPUs exist in GKE Sandbox only, which is for our own images without root',
      },
    ],
    // What is ours, and asks for nothing.
    unlabelled: { assign: 'gvisor' },
  },

  runtimes: {
    gvisor: 'provided',
    // A label nodes have from the start, so that the autoscaler can grow the pool from nothing.
    kata: { nodeSelector: { 'secure-ai.io/pool': 'kata' } },
  },
  nodes: {
    kata: {
      // Keeps pods off a new node until Kata works there. With this prefix the autoscaler knows that it will go.
      startupTaints: [
        { key: 'startup-taint.cluster-autoscaler.kubernetes.io/kata', effect: 'NoSchedule' },
      ],
    },
  },

  tenants: [
    {
      name: 'inference',
      podSecurity: { enforce: 'restricted' },
      quota: { pods: '50', 'requests.nvidia.com/gpu': '8' },
      network: { egress: [{ cidr: '0.0.0.0/0', ports: [{ port: 443 }] }] },
    },
    { name: 'notebooks', quota: { pods: '20' } },
  ],

  webhook: { replicas: 3 },
  gatekeeper: { audit: { constraintViolationsLimit: 100 } },
});
