/** The error codes that `installer-src/` throws. */
import { errorTable } from '../base/errors';

export const INSTALLER_ERRORS = errorTable({
  GVISOR_ARCH_UNSUPPORTED: {
    exit: 3,
    summary: 'No gVisor release is given for the architecture of this node.',
  },
  GVISOR_DISK_FULL: { exit: 3, summary: 'There is not enough disk space on the node for gVisor.' },
  GVISOR_HOST_READ_ONLY: {
    exit: 3,
    summary: 'The node does not allow writing gVisor or the configuration of containerd.',
  },
  GVISOR_DOWNLOAD_FAILED: { exit: 3, summary: 'A gVisor release could not be downloaded.' },
  GVISOR_DIGEST_MISMATCH: {
    exit: 3,
    summary: 'A downloaded gVisor release does not have the configured digest.',
  },
  GVISOR_RELEASE_INVALID: { exit: 3, summary: 'An archive is not a gVisor release.' },
  GVISOR_CONTAINERD_UNKNOWN: {
    exit: 3,
    summary: 'The container runtime or its configuration is not one the installer supports.',
  },
  GVISOR_HANDLER_TAKEN: {
    exit: 3,
    summary: 'The runtime handler exists on the node already, with other settings.',
  },
  GVISOR_CONTAINERD_DOWN: { exit: 3, summary: 'containerd does not answer, or does not restart.' },
  GVISOR_HANDLER_NOT_LIVE: {
    exit: 3,
    summary: 'containerd was restarted and still does not have the runtime handler.',
  },
  GVISOR_WIRING_REJECTED: {
    exit: 3,
    summary: 'containerd rejected this installation earlier, so it is not tried again.',
  },
  GVISOR_IN_USE: { exit: 3, summary: 'Sandboxes still run, so gVisor is not uninstalled.' },
});
