/** Where everything of ours lies on a host. */
import { join } from 'node:path';

/** Everything but the wiring of containerd. */
export const INSTALL_DIRECTORY = '/opt/secure-ai/gvisor';

const below = (name: string) => join(INSTALL_DIRECTORY, name);

export const PATHS = {
  /** Downloads and trees that are not complete. Whatever is in it can be removed at any time. */
  staging: below('staging'),
  downloads: below('staging/download'),
  tree: below('staging/tree'),
  /** Directories that were published and are about to be removed, so that no half of one is ever taken for a whole one. */
  trash: below('staging/trash'),
  /** Link to the directory new sandboxes are started from. For people; containerd's configuration names the directory itself. */
  current: below('current'),
  /** What was not there before us: `Record` in host/record.ts. */
  record: below('before.json'),
  /** containerd's main configuration as it was before our first edit. */
  backup: below('containerd-config.before'),
  /** Directory name of the installation that containerd did not take: `rejected` in install/steps.ts. */
  rejected: below('rejected'),
} as const;

/** Name of a published directory: version of the release, and a hash of all else that decides what is in it. */
const PUBLISHED = /^\d{8}(\.\d{1,4})?-[0-9a-f]{8}$/;

export function isPublished(name: string): boolean {
  return PUBLISHED.test(name);
}

export function publishedDirectory(id: string): string {
  return below(id);
}
