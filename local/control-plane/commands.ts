/** The programs of a control plane and their arguments. */
import { join } from 'node:path';
import type { Command } from '../processes/spawn';
import type { ToolName } from '../toolchain/tools';
import { PKI_FILES } from './pki';

/** Programs of a control plane, in the order they start; they stop in the opposite one. */
export const CONTROL_PLANE = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
] as const satisfies readonly ToolName[];

export type ControlPlaneRole = (typeof CONTROL_PLANE)[number];

/** Cluster IPs of Services: kubeadm's default range, and the address of the `kubernetes` Service in it. */
const SERVICE_CIDR = '10.96.0.0/12';
export const KUBERNETES_SERVICE_ADDRESS = '10.96.0.1';

export interface ControlPlanePorts {
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
}

export interface ControlPlaneLayout {
  readonly stateDir: string;
  readonly hostAddress: string;
  readonly ports: ControlPlanePorts;
  /** Paths of the programs. */
  readonly tools: Readonly<Record<ControlPlaneRole, string>>;
}

/** Paths inside a cluster's state folder. */
export const controlPlanePaths = (stateDir: string) => ({
  pki: join(stateDir, 'pki'),
  etcdData: join(stateDir, 'etcd'),
  auditPolicy: join(stateDir, 'audit-policy.yaml'),
  auditLog: join(stateDir, 'audit.log'),
  admissionConfig: join(stateDir, 'admission.yaml'),
  webhookKubeconfig: join(stateDir, 'webhooks.kubeconfig'),
  adminKubeconfig: join(stateDir, 'kubeconfig'),
  kubeconfig: (role: ControlPlaneRole): string => join(stateDir, `${role}.kubeconfig`),
  log: (role: string): string => join(stateDir, 'logs', `${role}.log`),
});

/** The four command lines of a control plane on this computer. */
export function controlPlaneCommands(
  layout: ControlPlaneLayout,
): Record<ControlPlaneRole, Command> {
  const command = (role: ControlPlaneRole, args: readonly string[]): Command => ({
    role,
    file: layout.tools[role],
    args,
    env: {},
    cwd: layout.stateDir,
    logFile: controlPlanePaths(layout.stateDir).log(role),
  });
  return {
    etcd: command('etcd', etcdArgs(layout)),
    'kube-apiserver': command('kube-apiserver', apiServerArgs(layout)),
    'kube-controller-manager': command('kube-controller-manager', controllerManagerArgs(layout)),
    'kube-scheduler': command('kube-scheduler', schedulerArgs(layout)),
  };
}

function etcdArgs({ stateDir, ports }: ControlPlaneLayout): string[] {
  const { crt, key } = pkiFiles(stateDir);
  const clientUrl = `https://127.0.0.1:${ports.etcdClient}`;
  const peerUrl = `https://127.0.0.1:${ports.etcdPeer}`;
  return [
    `--data-dir=${controlPlanePaths(stateDir).etcdData}`,
    '--name=local',
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=local=${peerUrl}`,
    `--cert-file=${crt('etcd')}`,
    `--key-file=${key('etcd')}`,
    `--trusted-ca-file=${crt('etcdCa')}`,
    '--client-cert-auth=true',
    `--peer-cert-file=${crt('etcd')}`,
    `--peer-key-file=${key('etcd')}`,
    `--peer-trusted-ca-file=${crt('etcdCa')}`,
    '--peer-client-cert-auth=true',
    // A power cut may lose the data of a local cluster, which is then created again. In return it starts seconds faster.
    '--unsafe-no-fsync=true',
    `--quota-backend-bytes=${512 << 20}`,
    '--auto-compaction-mode=periodic',
    '--auto-compaction-retention=10m',
    '--log-level=warn',
  ];
}

function apiServerArgs({ stateDir, ports, hostAddress }: ControlPlaneLayout): string[] {
  const { crt, key, pub } = pkiFiles(stateDir);
  const paths = controlPlanePaths(stateDir);
  return [
    `--etcd-servers=https://127.0.0.1:${ports.etcdClient}`,
    `--etcd-cafile=${crt('etcdCa')}`,
    `--etcd-certfile=${crt('etcdClient')}`,
    `--etcd-keyfile=${key('etcdClient')}`,
    '--bind-address=0.0.0.0',
    `--advertise-address=${hostAddress}`,
    `--secure-port=${ports.apiServer}`,
    `--tls-cert-file=${crt('apiServer')}`,
    `--tls-private-key-file=${key('apiServer')}`,
    `--client-ca-file=${crt('ca')}`,
    // Nodes reach the server on the host's address, and so can the local network: anonymous requests are refused.
    '--anonymous-auth=false',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--admission-control-config-file=${paths.admissionConfig}`,
    '--allow-privileged=true',
    `--service-cluster-ip-range=${SERVICE_CIDR}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${pub('serviceAccount')}`,
    `--service-account-signing-key-file=${key('serviceAccount')}`,
    `--kubelet-client-certificate=${crt('kubeletClient')}`,
    `--kubelet-client-key=${key('kubeletClient')}`,
    '--kubelet-preferred-address-types=InternalIP',
    // Webhook Services resolve to their endpoints here; the host has no kube-proxy to route cluster IPs.
    '--enable-aggregator-routing=true',
    `--audit-policy-file=${paths.auditPolicy}`,
    `--audit-log-path=${paths.auditLog}`,
    '--audit-log-maxsize=100',
    '--audit-log-maxbackup=1',
    '--profiling=false',
  ];
}

function controllerManagerArgs({ stateDir, ports }: ControlPlaneLayout): string[] {
  const { crt, key } = pkiFiles(stateDir);
  const kubeconfig = controlPlanePaths(stateDir).kubeconfig('kube-controller-manager');
  return [
    ...clientArgs(kubeconfig, ports.controllerManager),
    '--use-service-account-credentials=true',
    `--root-ca-file=${crt('ca')}`,
    `--service-account-private-key-file=${key('serviceAccount')}`,
    `--cluster-signing-cert-file=${crt('ca')}`,
    `--cluster-signing-key-file=${key('ca')}`,
    // Nodes bring their own pod addresses, see node/network.ts.
    '--allocate-node-cidrs=false',
    `--service-cluster-ip-range=${SERVICE_CIDR}`,
  ];
}

function schedulerArgs({ stateDir, ports }: ControlPlaneLayout): string[] {
  return clientArgs(controlPlanePaths(stateDir).kubeconfig('kube-scheduler'), ports.scheduler);
}

function clientArgs(kubeconfig: string, port: number): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    '--leader-elect=false',
    '--profiling=false',
  ];
}

function pkiFiles(stateDir: string) {
  const { pki } = controlPlanePaths(stateDir);
  const file = (extension: string) => (name: keyof typeof PKI_FILES) =>
    join(pki, `${PKI_FILES[name]}.${extension}`);
  return { crt: file('crt'), key: file('key'), pub: file('pub') };
}
