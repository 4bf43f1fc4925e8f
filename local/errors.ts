/** The error codes that `local/` throws. */
import { errorTable } from '../base/errors';

export const LOCAL_ERRORS = errorTable({
  CLUSTER_NAME_INVALID: {
    exit: 2,
    summary: 'The name of a local cluster does not have the required form.',
  },
  LOCAL_NO_HOST_ADDRESS: {
    exit: 3,
    summary: 'This computer has no address at which the API server can reach webhooks.',
  },
  LOCAL_LOCKED: {
    exit: 3,
    summary:
      'Another process holds the lock of this cluster or tool and did not release it in time.',
  },
  LOCAL_START_FAILED: {
    exit: 3,
    summary: 'A process of the local cluster ended or did not become ready in time.',
  },
  LOCAL_STOP_FAILED: { exit: 3, summary: 'A process of the local cluster could not be stopped.' },
  TOOLCHAIN_NO_GO: {
    exit: 3,
    summary: 'A program must be built, and Go is not installed.',
  },
  TOOLCHAIN_BUILD_FAILED: {
    exit: 3,
    summary: 'A program of the local cluster could not be built.',
  },
  TOOLCHAIN_DISK_FULL: { exit: 3, summary: 'There is not enough disk space to build a program.' },
  TOOLCHAIN_CHECKSUM_MISMATCH: {
    exit: 3,
    summary: 'A downloaded program does not have its published checksum.',
  },
  NODE_UNSUPPORTED: { exit: 3, summary: 'This computer cannot run nodes.' },
  NODE_PROGRAMS_MISSING: {
    exit: 3,
    summary: 'A program a node needs is not installed and cannot be downloaded or built.',
  },
  NODE_NETWORK_FULL: { exit: 3, summary: 'No address range is left for the network of the nodes.' },
  NODE_START_FAILED: { exit: 3, summary: 'A node did not start or did not become ready in time.' },
  NODE_STOP_FAILED: { exit: 3, summary: 'A remainder of a node could not be removed.' },
});
