/**
 * Google Kubernetes Engine: GKE Sandbox brings gVisor and its RuntimeClass, Kata runs on a separate pool with nested
 * virtualization. Use it in place of sandbox.config.ts; examples/stacks/Pulumi.gke.yaml describes the cluster.
 */
import { defineSandbox } from '../constructs';

export default defineSandbox({
  policy: {
    runtimes: [
      { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'gvisor' },
      { name: 'kata', runtimeClassName: 'kata', handler: 'kata-clh' },
    ],
    rules: [
      {
        // Code from outside may use gVisor, or better.
        name: 'untrusted_registry',
        when: { not: { container: { image: { registry: 'europe-docker.pkg.dev' } } } },
        runtime: 'gvisor',
        enforce: 'atLeast',
      },
      {
        name: 'gpu',
        when: { container: { limits: { 'nvidia.com/gpu': { gte: '1' } } } },
        runtime: 'gvisor',
      },
      {
        name: 'wants_root',
        when: {
          any: [
            { container: { securityContext: { runAsRoot: true } } },
            { container: { securityContext: { addsCapability: 'SYS_PTRACE' } } },
          ],
        },
        runtime: 'kata',
      },
    ],
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
