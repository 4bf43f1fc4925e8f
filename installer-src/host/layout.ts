/** The paths of this installer's files on a host. */
import { join } from 'node:path';

/** Everything except the changes to containerd's configuration. */
export const INSTALL_DIRECTORY = '/opt/secure-ai/gvisor';

const below = (name: string) => join(INSTALL_DIRECTORY, name);

export const PATHS = {
  /** Incomplete downloads and trees. Its content can be removed at any time. */
  staging: below('staging'),
  downloads: below('staging/download'),
  tree: below('staging/tree'),
  /** Published directories that are about to be removed, so that a partial one is never taken for a complete one. */
  trash: below('staging/trash'),
  /** Link to the directory of new sandboxes, for people. containerd's configuration names the directory itself. */
  current: below('current'),
  /** What did not exist before the installation: `Record` in host/record.ts. */
  record: below('before.json'),
  /** containerd's main configuration before the first edit. */
  backup: below('containerd-config.before'),
  /** Directory name of the installation that containerd rejected: `rejected` in install/steps.ts. */
  rejected: below('rejected'),
} as const;

/** Name of a published directory: version of the release, and a hash of everything else that determines its content. */
const PUBLISHED = /^\d{8}(\.\d{1,4})?-[0-9a-f]{8}$/;

export function isPublished(name: string): boolean {
  return PUBLISHED.test(name);
}

export function publishedDirectory(id: string): string {
  return below(id);
}
