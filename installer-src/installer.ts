/**
 * The gVisor node installer: `node installer.js VERB …`. docs/gvisor-installer.md tells what it does to a node, and why.
 *
 * `install` and `uninstall` change the host:
 * - `--host-root` directory that is the host's root; default /host
 * - `--containerd-config` containerd's main configuration, path on the host; default /etc/containerd/config.toml
 * - `--generated-config` that file is written anew at every start (k3s, rke2), so never edit it
 * - `--containerd-socket` path on the host; default /run/containerd/containerd.sock
 * - `--restart-seconds` how long containerd may take to answer, or to come back; default 120
 * - `--drain-seconds` how long uninstalling waits for sandboxes to end; default 300
 *
 * `install` alone:
 * - `--version` of gVisor, such as 20260817.0
 * - `--sha512` ARCH/FILE=DIGEST,… of `gvisor.tar.bz2`, or of `runsc` and `containerd-shim-runsc-v1`, for every architecture of the nodes
 * - `--source` URL before the version; default https://storage.googleapis.com/gvisor/releases/release
 * - `--handler` default runsc
 * - `--runsc-config` NAME=VALUE,… flags of runsc; default platform=systrap
 * - `--min-free-mib` space that has to be free before a download; default 1024
 * - `--status-dir` directory this verb alone writes, for `label` to read; default /status
 * - `--farewell-dir` directory `label` alone writes, for this verb to read; default /farewell
 * - `--poll-seconds` between passes; default 60
 * - `--farewell-seconds` how long to wait for the word of `label` when ending; default 60
 * - `--once` one pass, then exit
 *
 * `label` keeps the node object true:
 * - `--node`, `--label`, `--namespace`, `--daemonset` names
 * - `--startup-taint` key of the taint to remove last; default: none
 * - `--handler`, `--status-dir`, `--farewell-dir` as above
 * - `--health-port` plain HTTP, `/healthz`, `/readyz`; default 9090
 * - `--metrics-port` plain HTTP, `/metrics`; default 9091
 * - `--bind-address` default: every address, IPv6 and IPv4
 * - `--service-account-dir` default /var/run/secrets/kubernetes.io/serviceaccount
 * - `--poll-seconds` between looks once the node offers gVisor; default 60
 * - `--farewell-seconds` how long the API server may take to be asked when ending; default 30
 *
 * Exit code 0 after SIGTERM, SIGINT, `--once` or `uninstall`; 2 for a usage error; 3 with a code `GVISOR_…` for what a host refuses;
 * 1 for everything unforeseen.
 */
import { SHARED_ERRORS, SandboxError } from '../base/errors';
import { runProgram } from '../programs/program';
import { createLog, type Log } from '../programs/telemetry/log';
import { install, uninstall } from './install/install';
import { label } from './label/label';

const VERBS: ReadonlyMap<string | undefined, (log: Log, argv: readonly string[]) => Promise<void>> =
  new Map([
    ['install', install],
    ['uninstall', uninstall],
    ['label', label],
  ]);

const [verb, ...argv] = process.argv.slice(2);
const log = createLog(`gvisor-${verb}`, () => undefined);

runProgram(log, async () => {
  const run = VERBS.get(verb);
  if (run === undefined) {
    throw new SandboxError(SHARED_ERRORS.USAGE_INVALID, [
      {
        path: verb ?? 'VERB',
        reason: 'is not a verb of this program',
        fix: `Give one of ${[...VERBS.keys()].join(', ')}`,
      },
    ]);
  }
  await run(log, argv);
});
